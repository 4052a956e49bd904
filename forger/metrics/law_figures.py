"""The catalogue of figures that only data of a law have: what each means, and its range."""

from forger.metrics.figure import INF, Figure, share

# Parameters of light curves, and what they are.
LIGHT = {
    "period": "transits' periods",
    "middle": "transits' phases",
    "duration": "transits' durations",
    "depth": "transits' depths",
    "pulsation": "pulsations' periods",
    "maximum": "pulsations' phases",
    "amplitude": "pulsations' amplitudes",
    "noise": "the noise's levels",
}


def of_light_curves() -> dict[str, Figure]:
    """Return the figures of what fits find in light curves, beside the same in real ones."""
    needs = ("light_curves",)
    told = "share of light curves that a transit explains better than a pulsation"
    figures = {"transit_share": share(told, *needs)}
    for name, what in LIGHT.items():
        meaning = f"Kolmogorov-Smirnov distance of {what} from real light curves'"
        figures[f"ks_{name}"] = share(meaning, *needs, headline=True)
    return figures


OF_LAWS = {
    "frechet": Figure(
        "Fréchet distance to the true Gaussian (squared)", needs=("gaussian",), headline=True
    ),
    "frechet_exact": Figure(
        "the same of the generator's own mean and covariance", needs=("gaussian",), headline=True
    ),
    "rmse": Figure("root mean square of y − x²", needs=("parabola",), headline=True),
    "ks_x": share("Kolmogorov-Smirnov distance of x from its law", "parabola", headline=True),
    "r2_median": Figure(
        "R² of the best-fitting sinusoid, median", low=-INF, high=1.0, needs=("sinusoid",)
    ),
    "r2_share": share("share of curves with R² above 0.99", "sinusoid", headline=True),
    "amplitude_share": share("share of curves with an amplitude within 5 % of 1", "sinusoid"),
    "ks_b": share(
        "Kolmogorov-Smirnov distance of the frequency b from its law", "sinusoid", headline=True
    ),
    "ks_c": share(
        "Kolmogorov-Smirnov distance of the phase c from its law", "sinusoid", headline=True
    ),
    "ks_frequency": share(
        "Kolmogorov-Smirnov distance of the sines' frequencies from their law",
        "sines",
        headline=True,
    ),
    "ks_phase": share(
        "Kolmogorov-Smirnov distance of the sines' phases from their law", "sines", headline=True
    ),
    "sine_rmse": Figure(
        "root mean square distance from sines of amplitude 1", needs=("sines",), headline=True
    ),
    **of_light_curves(),
    "high_quality": share(
        "share of samples within 3 standard deviations of a mode", "mixture", headline=True
    ),
    "reverse_kl": Figure(
        "divergence of the samples' modes from the law's, in nats",
        needs=("mixture",),
        headline=True,
    ),
    "likelihood_samples": Figure(
        "mean log-likelihood of samples by the law, in nats a row; above the floor they lack what "
        "is rare",
        low=-INF,
        needs=("density",),
        headline=True,
    ),
    "likelihood_test": Figure(
        "mean log-likelihood of held-out rows by the law of the samples, in nats a row",
        low=-INF,
        needs=("density",),
        headline=True,
    ),
    "impossible": share("share of samples that the law gives no chance", "network", headline=True),
}
