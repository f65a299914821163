"""Prints golden.json: what scipy and statsmodels say of small examples. Run: python make.py > golden.json"""

import json
import re
import warnings

import numpy as np
import scipy
import statsmodels
import statsmodels.api as sm
from scipy import stats
from scipy.stats._resampling import BootstrapResult
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import normal_sample_size_one_tail

warnings.simplefilter("error")
warnings.filterwarnings("ignore", category=DeprecationWarning)
rng = np.random.default_rng(20260714)


def clustered(values, clusters):
    """Student's interval of a constant with the error between sources (CR1)."""
    codes = np.unique(clusters, return_inverse=True)[1]
    fit = sm.OLS(values, np.ones(len(values))).fit(cov_type="cluster", cov_kwds={"groups": codes}, use_t=True)
    low, high = fit.conf_int()[0]
    return {"value": fit.params[0], "se": fit.bse[0], "low": low, "high": high}


def kappa(table):
    found = cohens_kappa(np.array(table))
    return {"table": table, "kappa": found.kappa, "se": found.std_kappa, "low": found.kappa_low, "high": found.kappa_upp}


def permutation(values):
    """Exact: no more resamples than there are combinations of signs."""
    found = stats.permutation_test(
        (np.array(values),), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    return {"values": list(values), "p": found.pvalue}


def counted(values, parts):
    """The same by adding one value's two signs to the distribution of the sum of the others."""
    whole = np.rint(np.array(values) * parts).astype(int)
    chances = np.ones(1)
    for size in np.abs(whole):
        step = np.zeros(2 * size + 1)
        step[0] += 0.5
        step[-1] += 0.5
        chances = np.convolve(chances, step)
    sums = np.arange(len(chances)) - np.abs(whole).sum()
    return chances[np.abs(sums) >= abs(whole.sum())].sum()


def bootstrap(groups, statistic, drawn):
    """scipy's intervals of a bootstrap distribution that is given."""
    out = {"groups": [list(g) for g in groups], "drawn": list(drawn)}
    for method in ("percentile", "BCa"):
        before = BootstrapResult(None, np.array(drawn), None)
        found = stats.bootstrap(
            groups, statistic, n_resamples=0, bootstrap_result=before, method=method, vectorized=False, paired=False
        )
        out[method] = list(found.confidence_interval)
    return out


def draws(groups, statistic, times):
    return [statistic(*(rng.choice(g, len(g)) for g in groups)) for _ in range(times)]


def sampled(n, k, chance):
    return rng.binomial(k, chance, n) / k


def asked(n, k, sources):
    """An example of two policies asked the same questions."""
    skill = np.clip(rng.beta(1, 1, n), 0.02, 0.98)
    before = sampled(n, k, skill)
    after = sampled(n, k, np.clip(skill + 0.12, 0, 1))
    greedy = [(rng.random(n) < np.clip(skill + lift, 0, 1)).astype(int) for lift in (0, 0.1)]
    clusters = [f"s{c}" for c in rng.integers(0, sources, n)]
    d = after - before
    rel = stats.ttest_rel(after, before)
    low, high = rel.confidence_interval(0.95)
    table = [[int(np.sum((greedy[0] == i) & (greedy[1] == j))) for j in (1, 0)] for i in (1, 0)]
    return {
        "k": k,
        "before": list(before),
        "after": list(after),
        "greedy": [[int(x) for x in g] for g in greedy],
        "clusters": clusters,
        "value": d.mean(),
        "se": stats.sem(d),
        "t": [low, high],
        "clustered": clustered(d, clusters),
        "permutation": counted(d, k),
        "mcnemar": mcnemar(table, exact=True).pvalue,
        "smallest": (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * stats.sem(d),
    }


def midp(gained, lost):
    few, n = min(gained, lost), gained + lost
    seen = stats.binom.pmf(few, n, 0.5)
    return 1 - seen / 2 if gained == lost else 2 * stats.binom.cdf(few, n, 0.5) - seen


pairs = [(1, 0), (5, 1), (4, 4), (20, 8), (86, 150), (300, 352)]
some = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251, 0.269, 0.275, 0.34, 0.341, 0.384, 0.569, 0.594, 0.696, 0.762, 0.94, 0.942, 0.975, 0.986]
tied = [0.02, 0.02, 0.01, 1.0, 0.5, 0.02]
x = rng.normal(size=37).round(3)
sources = [f"s{c}" for c in rng.integers(0, 9, 37)]
one = [rng.exponential(size=14).round(3)]
two = [rng.exponential(size=11).round(3), rng.normal(1, 2, 8).round(3)]
mean_of_means = lambda a, b: (np.mean(a) + np.mean(b)) / 2

golden = {
    "versions": {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__, "numpy": np.__version__},
    "normalQuantile": [[p, stats.norm.ppf(p)] for p in (0.001, 0.025, 0.3, 0.8, 0.975, 0.9995)],
    "clustered": {"values": list(x), "clusters": sources, **clustered(x, sources)},
    "kappa": [kappa(t) for t in ([[20, 5], [10, 15]], [[40, 9, 3], [6, 30, 4], [1, 7, 20]], [[0, 3], [4, 0]], [[61, 2, 1, 0], [5, 30, 3, 1], [2, 1, 20, 2], [0, 0, 1, 11]])],
    "mcnemar": [
        {"gained": a, "lost": b, "exact": mcnemar([[10, b], [a, 10]], exact=True).pvalue, "midP": midp(a, b)} for a, b in pairs
    ],
    "corrected": [
        {"p": p, "holm": list(multipletests(p, method="holm")[1]), "bh": list(multipletests(p, method="fdr_bh")[1])}
        for p in (some, tied)
    ],
    "permutation": [
        permutation(v)
        for v in (
            [0.25, -0.125, 0.5, 0, 0.375, 0.125, 0.25, -0.25, 0.75],
            [1, 1, -1, 1, 1, 0, 1],
            list(rng.normal(0.4, 1, 12)),
            [0.1, 0.2, -0.3],
        )
    ],
    "bootstrap": [
        bootstrap(one, np.mean, draws(one, np.mean, 499)),
        bootstrap(two, mean_of_means, draws(two, mean_of_means, 499)),
    ],
    "power": [
        {"difference": d, "sd": s, "n": normal_sample_size_one_tail(d, 0.8, 0.025, std_null=s)}
        for d, s in ((0.03, 1 / 3), (0.05, 0.4), (0.01, 0.25))
    ],
    "compared": [asked(12, 4, 5), asked(80, 8, 20)],
}
# Lists of numbers stand on one line each.
text = json.dumps(golden, indent=1, default=float)
print(re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda m: "[" + re.sub(r"\s*\n\s*", " ", m.group(1)) + "]", text))
