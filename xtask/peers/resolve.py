"""Splink on a made table: the peer of `cargo xtask bench resolve`.

Mentions and register are one table to it (it has no anchor); rules, comparisons and cleaning follow its own demonstrations:
placeholders are taken out of NHS numbers before, since its model has no notion of them. The clusters are scored at several
thresholds, and the best F1 is what is shown.
"""

import collections
import json
import sys

import pandas as pd
import splink
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on


def main(mentions, register):
    rows = pd.read_csv(mentions, dtype=str)
    known = pd.read_csv(register, dtype=str)
    rows["leak"], known["leak"] = 1, 0
    table = pd.concat([rows, known], ignore_index=True).rename(columns={"id": "unique_id"})
    table["nhs"] = table["nhs"].where(~table["nhs"].isin(["0000000000", "9999999999", "1111111111", "9990000018"]))
    table["name"] = table["given"].fillna("") + " " + table["family"].fillna("")
    rules = [
        block_on("nhs"), block_on("hospital"), block_on("email"), block_on("phone", "family"), block_on("name", "birth"),
        block_on("birth", "postcode"), block_on("family", "postcode"), block_on("birth", "family"), block_on("name", "postcode"),
    ]
    settings = SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=rules,
        comparisons=[
            cl.NameComparison("given").configure(term_frequency_adjustments=True),
            cl.NameComparison("family").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("birth", input_is_string=True),
            cl.DamerauLevenshteinAtThresholds("nhs", 1),
            cl.DamerauLevenshteinAtThresholds("hospital", 1),
            cl.PostcodeComparison("postcode"),
            cl.EmailComparison("email"),
            cl.ExactMatch("phone").configure(term_frequency_adjustments=True),
        ],
    )
    api = DuckDBAPI()
    try:
        linker = Linker(api.register(table), settings)
    except Exception:
        linker = Linker(table, settings, db_api=api)
    linker.training.estimate_probability_two_random_records_match([block_on("nhs"), block_on("name", "birth")], recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
    for rule in [block_on("nhs"), block_on("name", "birth"), block_on("postcode", "family")]:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    pairs = linker.inference.predict(threshold_match_probability=0.01)
    best = None
    for threshold in [0.5, 0.95, 0.99, 0.9999]:
        found = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=threshold)
        found = found.as_pandas_dataframe()
        found = found[found["leak"] == 1]
        answer = score(found["cluster_id"], found["truth"])
        print(threshold, answer, file=sys.stderr)
        if best is None or answer["f1"] > best["f1"]:
            best = answer | {"threshold": threshold}
    print(json.dumps({"name": f"Splink {splink.__version__} at {best['threshold']}", "people": best["groups"], "score": best}))


def score(groups, truth):
    def pairs(numbers):
        return sum(n * (n - 1) // 2 for n in collections.Counter(numbers).values())

    groups, truth = list(groups), list(truth)
    right, found, all_pairs = pairs(zip(groups, truth)), pairs(groups), pairs(truth)
    precision, recall = right / max(found, 1), right / max(all_pairs, 1)
    return {
        "precision": precision, "recall": recall, "f1": 2 * precision * recall / max(precision + recall, 1e-9),
        "people": len(set(truth)), "groups": len(set(groups)),
    }


main(sys.argv[1], sys.argv[2])
