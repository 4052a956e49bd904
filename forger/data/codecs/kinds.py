"""The kinds of codec, one per module; a new one needs a line in the table.

A stage depends on the kinds that its recipe's dataset imports (forger/core/code.py).
"""

from typing import Annotated

from forger.config.kinds import Kinds
from forger.data.codecs.base import Codec

KINDS = {
    "affine": "forger.data.codecs.affine.Affine",
    "table": "forger.data.codecs.table.Table",
    "channels": "forger.data.codecs.channels.Channels",
    "whitened": "forger.data.codecs.whitened.Whitened",
}

AnyCodec = Annotated[Codec, Kinds(KINDS, tag="kind")]
