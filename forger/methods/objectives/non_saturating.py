"""The non-saturating losses of Goodfellow et al. 2014, section 3: G ascends log D(G(z))."""

from forger.methods.objectives.base import LN_2, Objective
from forger.methods.objectives.cross_entropy import cross_entropy, says_fake, says_real

OBJECTIVE = Objective(
    says_real, says_fake, says_real, threshold=0.0, against=cross_entropy, even=(LN_2, LN_2)
)
