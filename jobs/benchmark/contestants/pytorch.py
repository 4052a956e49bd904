"""Eager PyTorch as an expert writes it: fused Adam, and no gradients that nobody uses."""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from forger.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from forger.networks.mlp import MLP
from jobs.benchmark.contestants.base import Contestant, Weights
from jobs.benchmark.problem import ROLES, Problem

KERAS_BATCH_NORM = {"eps": 1e-3, "momentum": 0.01}


class PyTorch(Contestant):
    """PyTorch modules, autograd and `torch.optim.Adam(fused=True)`."""

    def __init__(self, problem: Problem) -> None:
        torch.set_num_threads(problem.compute.threads)
        torch.manual_seed(problem.seed)
        self.problem = problem
        self.rows = problem.one_by_one()
        networks = problem.networks
        shape = problem.real.shape[1:]
        self.generator = _BUILDERS[type(networks["generator"])](
            networks["generator"], problem.method.latent.dim, shape
        )
        self.discriminator = _BUILDERS[type(networks["discriminator"])](
            networks["discriminator"], shape, (1,)
        )
        self.channels_first = not isinstance(networks["discriminator"], MLP)
        self.optimizers = {role: self._adam(role) for role in ROLES}
        self.sums = torch.zeros(4)

    def _adam(self, role: str) -> torch.optim.Adam:
        s = self.problem.train.optimizers[role]
        return torch.optim.Adam(
            getattr(self, role).parameters(),
            lr=s.learning_rate,
            betas=(s.beta_1, s.beta_2),
            eps=s.epsilon,
            fused=True,
        )

    def run(self, updates: int) -> int:
        for _ in range(updates):
            self._update(next(self.rows))
        return updates

    def _update(self, batch: dict[str, np.ndarray]) -> None:
        method = self.problem.method
        train = self.problem.train
        real = torch.from_numpy(batch["real"])
        if self.channels_first:
            real = real.permute(0, 3, 1, 2)
        fakes = self.generator(self._latents(batch, train.batch))
        detached = fakes.detach()
        match method.discriminator_batches:
            case "mixed":
                judged = self.discriminator(torch.cat([real, detached]))
                self._train_discriminator(*judged.chunk(2))
            case "separate":
                self._train_discriminator(self.discriminator(real), self.discriminator(detached))
            case "alternating":
                self._train_discriminator(self.discriminator(real), None)
                self._train_discriminator(None, self.discriminator(detached))
        if method.generator_batch is not None:
            fakes = self.generator(self._latents(batch, method.generator_batch))
        self._train_generator(fakes)

    def _latents(self, batch: dict[str, np.ndarray], n: int) -> torch.Tensor:
        latent = self.problem.method.latent
        if "latents" in batch:
            return torch.from_numpy(np.resize(batch["latents"], (n, latent.dim)))
        if latent.law == "uniform":
            return torch.empty(n, latent.dim).uniform_(latent.low, latent.high)
        return torch.randn(n, latent.dim)

    def _train_discriminator(
        self, on_real: torch.Tensor | None, on_fakes: torch.Tensor | None
    ) -> None:
        losses = []
        if on_real is not None:
            losses.append(functional.softplus(-on_real).mean())
            self.sums[2] += (on_real.detach() > 0).float().mean()
        if on_fakes is not None:
            losses.append(functional.softplus(on_fakes).mean())
            self.sums[3] += (on_fakes.detach() < 0).float().mean()
        loss = torch.stack(losses).mean()
        self._descend("discriminator", loss)
        self.sums[0] += loss.detach()

    def _train_generator(self, fakes: torch.Tensor) -> None:
        self.discriminator.requires_grad_(False)
        loss = functional.softplus(-self.discriminator(fakes)).mean()
        self._descend("generator", loss)
        self.discriminator.requires_grad_(True)
        self.sums[1] += loss.detach()

    def _descend(self, role: str, loss: Any) -> None:
        optimizer = self.optimizers[role]
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    # Keras keeps dense kernels as [in, out], convolutions as [h, w, in, out] and transposed ones as
    # [h, w, out, in]; its images have their channels last.

    def weights(self) -> Weights:
        return {
            role: [_to_keras(p.detach().numpy()) for p in getattr(self, role).parameters()]
            for role in ROLES
        }

    def load(self, weights: Weights) -> None:
        for role, values in weights.items():
            parameters = getattr(self, role).parameters()
            for parameter, value in zip(parameters, values, strict=True):
                parameter.data.copy_(torch.from_numpy(_from_keras(value)))


def _to_keras(array: np.ndarray) -> np.ndarray:
    return array.transpose({1: (0,), 2: (1, 0), 4: (2, 3, 1, 0)}[array.ndim])


def _from_keras(array: np.ndarray) -> np.ndarray:
    return array.transpose({1: (0,), 2: (1, 0), 4: (3, 2, 0, 1)}[array.ndim]).copy()


def _activation(kind: str, slope: float) -> nn.Module:
    return {"relu": nn.ReLU(), "tanh": nn.Tanh(), "leaky_relu": nn.LeakyReLU(slope)}[kind]


def _mlp(network: MLP, inputs: Any, shape: tuple[int, ...]) -> nn.Module:
    sizes = (inputs if isinstance(inputs, int) else prod(inputs), *network.hidden)
    layers: list[nn.Module] = [nn.Flatten()]
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), _activation(network.activation, network.slope)]
        if network.dropout:
            layers.append(nn.Dropout(network.dropout))
    layers.append(nn.Linear(sizes[-1], prod(shape)))
    if network.output == "tanh":
        layers.append(nn.Tanh())
    return nn.Sequential(*layers, nn.Unflatten(1, shape))


def _finish(channels: int, slope: float, norm: type[nn.Module] | None) -> list[nn.Module]:
    norms = [norm(channels, **KERAS_BATCH_NORM)] if norm else []
    return [*norms, nn.LeakyReLU(slope)]


def _dcgan_generator(network: DCGANGenerator, inputs: int, shape: tuple[int, ...]) -> nn.Module:
    height, width, channels = shape
    factor = 2 ** len(network.filters)
    kernel = network.kernel
    bias = network.normalization != "batch"
    small = (height // factor, width // factor, network.filters[0])
    norm_1d = nn.BatchNorm1d if network.normalization == "batch" else None
    norm_2d = nn.BatchNorm2d if network.normalization == "batch" else None
    layers = [
        nn.Linear(inputs, prod(small), bias=bias),
        *_finish(prod(small), network.slope, norm_1d),
        nn.Unflatten(1, small),
        _ChannelsFirst(),
    ]
    for before, after in pairwise(network.filters):
        layers.append(
            nn.ConvTranspose2d(before, after, kernel, 2, padding=kernel // 2 - 1, bias=bias)
        )
        layers += _finish(after, network.slope, norm_2d)
    layers.append(
        nn.ConvTranspose2d(network.filters[-1], channels, kernel, 2, padding=kernel // 2 - 1)
    )
    return nn.Sequential(*layers, nn.Tanh())


def _dcgan_discriminator(
    network: DCGANDiscriminator, shape: tuple[int, ...], _: tuple[int, ...]
) -> nn.Module:
    height, width, channels = shape
    factor = 2 ** len(network.filters)
    kernel = network.kernel
    layers: list[nn.Module] = []
    for i, (before, after) in enumerate(pairwise((channels, *network.filters))):
        norm = nn.BatchNorm2d if network.normalization == "batch" and i > 0 else None
        layers.append(nn.Conv2d(before, after, kernel, 2, kernel // 2 - 1, bias=norm is None))
        layers += _finish(after, network.slope, norm)
    flat = height // factor * (width // factor) * network.filters[-1]
    return nn.Sequential(*layers, _ChannelsLast(), nn.Flatten(), nn.Linear(flat, 1))


class _ChannelsFirst(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.permute(0, 3, 1, 2)


class _ChannelsLast(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.permute(0, 2, 3, 1)


_BUILDERS: dict[type, Any] = {
    MLP: _mlp,
    DCGANGenerator: _dcgan_generator,
    DCGANDiscriminator: _dcgan_discriminator,
}
