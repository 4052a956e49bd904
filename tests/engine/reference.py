"""An independent GAN in NumPy and float64: forward, backward and Adam, nothing of the project."""

import numpy as np


def forward(layers, x, hidden):
    """Outputs of every layer of an MLP; layers are (weights, bias) pairs."""
    outputs = [x]
    for i, (w, b) in enumerate(layers):
        x = x @ w + b
        if i < len(layers) - 1:
            x = np.tanh(x) if hidden == "tanh" else np.where(x > 0, x, 0.2 * x)
        outputs.append(x)
    return outputs


def backward(layers, outputs, gradient, hidden):
    """Gradients of the layers' weights and biases, and of the input."""
    gradients = []
    for i in reversed(range(len(layers))):
        if i < len(layers) - 1:
            out = outputs[i + 1]
            gradient = gradient * ((1 - out**2) if hidden == "tanh" else np.where(out > 0, 1, 0.2))
        gradients.append((outputs[i].T @ gradient, gradient.sum(0)))
        gradient = gradient @ layers[i][0].T
    return gradients[::-1], gradient


class Adam:
    """Kingma and Ba 2015, in Keras's form: epsilon beside the uncorrected root."""

    def __init__(self, rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        self.rate, self.beta_1, self.beta_2, self.epsilon = rate, beta_1, beta_2, epsilon
        self.t, self.moments = 0, {}

    def step(self, layers, gradients):
        self.t += 1
        rate = self.rate * np.sqrt(1 - self.beta_2**self.t) / (1 - self.beta_1**self.t)
        new = []
        for i, (parameters, slopes) in enumerate(zip(layers, gradients, strict=True)):
            pair = []
            for j, (p, g) in enumerate(zip(parameters, slopes, strict=True)):
                m, v = self.moments.get((i, j), (0.0, 0.0))
                m = self.beta_1 * m + (1 - self.beta_1) * g
                v = self.beta_2 * v + (1 - self.beta_2) * g**2
                self.moments[i, j] = m, v
                pair.append(p - rate * m / (np.sqrt(v) + self.epsilon))
            new.append(tuple(pair))
        return new


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# The derivative of each loss in D's raw output, before the mean over the batch.
REAL = {
    "non_saturating": lambda d: sigmoid(d) - 1,
    "minimax": lambda d: sigmoid(d) - 1,
    "least_squares": lambda d: 2 * (d - 1),
}
FAKE = {"non_saturating": sigmoid, "minimax": sigmoid, "least_squares": lambda d: 2 * d}
GENERATOR = {
    "non_saturating": lambda d: sigmoid(d) - 1,
    "minimax": lambda d: -sigmoid(d),
    "least_squares": lambda d: d - 1,
}


class Reference:
    """A GAN of two MLPs: G with LeakyReLU, D with tanh."""

    def __init__(self, generator, discriminator, objective, batches, g_rate, d_rate):
        self.g, self.d = generator, discriminator
        self.objective, self.batches = objective, batches
        self.g_adam, self.d_adam = Adam(g_rate), Adam(d_rate)

    def update(self, real, latents):
        """D's step or steps on real and fakes, then G's on the same fakes through the new D."""
        through_g = forward(self.g, latents, "leaky_relu")
        fakes = through_g[-1]
        on_real = self._slopes(real, REAL)
        if self.batches == "alternating":
            self.d = self.d_adam.step(self.d, on_real)
            self.d = self.d_adam.step(self.d, self._slopes(fakes, FAKE))
        else:
            halves = zip(on_real, self._slopes(fakes, FAKE), strict=True)
            mean = [tuple((a + b) / 2 for a, b in zip(r, f, strict=True)) for r, f in halves]
            self.d = self.d_adam.step(self.d, mean)
        through_d = forward(self.d, fakes, "tanh")
        slope = GENERATOR[self.objective](through_d[-1]) / len(fakes)
        _, at_fakes = backward(self.d, through_d, slope, "tanh")
        gradients, _ = backward(self.g, through_g, at_fakes, "leaky_relu")
        self.g = self.g_adam.step(self.g, gradients)

    def _slopes(self, examples, loss):
        outputs = forward(self.d, examples, "tanh")
        slope = loss[self.objective](outputs[-1]) / len(examples)
        return backward(self.d, outputs, slope, "tanh")[0]


def judged(generator, discriminator, real, latents):
    """D's raw outputs for real examples and for the fakes of these latents."""
    fakes = forward(generator, latents.astype(float), "leaky_relu")[-1]
    return tuple(forward(discriminator, x, "tanh")[-1] for x in (real.astype(float), fakes))
