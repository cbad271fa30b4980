"""Evidence: the classifier's rows reach the right classes, and the sum over the groups is the shared output."""

import pytest
import torch
from safetensors.torch import save_file

from segcore.errors import BadConfig
from segcore.models import build_encoder, build_model
from segcore.models.evidence import IMAGENET_GROUPS, Evidence, build_evidence, split_shared


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    return build_encoder("mobilenet_v2", output_stride=16).eval()


def classifier_that_sees(group):
    """Rows of a made-up classifier that favours one group wherever it looks."""
    weight, bias = torch.zeros(1000, 1280), torch.zeros(1000)
    bias[list(IMAGENET_GROUPS[group])] = 10.0
    return weight, bias


@pytest.mark.parametrize(("group", "index"), [("cat", 0), ("dog", 1)])
def test_rows_belong_to_their_groups(encoder, group, index):
    evidence = Evidence(encoder, ["cat", "dog"]).eval()
    evidence.load_rows(*classifier_that_sees(group))
    middle = torch.randn(2, 96, 5, 4)
    log_probs = evidence(middle)
    assert log_probs.shape == (2, 2, 5, 4)
    torch.testing.assert_close(log_probs.exp().sum(dim=1), torch.ones(2, 5, 4))
    assert (log_probs[:, index].exp() > 0.99).all()


def test_classes_get_the_shared_logit_and_keep_their_ids():
    shared, evidence = torch.randn(1, 3, 2, 2), torch.randn(1, 2, 2, 2).log_softmax(dim=1)
    logits = split_shared(shared, evidence, [3, 1])
    assert torch.equal(logits[:, [0, 2]], shared[:, :2])
    assert torch.equal(logits[:, [3, 1]], shared[:, 2:] + evidence)
    torch.testing.assert_close(logits[:, [1, 3]].logsumexp(dim=1), shared[:, 2])


def test_only_trust_and_prior_are_trained_and_the_copied_level_never_changes():
    torch.manual_seed(0)
    model = build_model(
        "deeplabv3plus", num_classes=4, encoder="mobilenet_v2", aspp_width=8, evidence={"cat": 2, "dog": 3}
    )
    learnt = {name for name, parameter in model.evidence.named_parameters() if parameter.requires_grad}
    assert learnt == {"trust_near", "trust_far", "prior"}
    before = {name: value.clone() for name, value in model.evidence.bottleneck.state_dict().items()}
    model.train()
    model(torch.randn(2, 3, 64, 64)).logits.square().mean().backward()
    assert all(torch.equal(before[name], value) for name, value in model.evidence.bottleneck.state_dict().items())
    assert all(parameter.grad is not None for parameter in model.parameters() if parameter.requires_grad)


def test_rows_come_from_the_file_of_weights(encoder, tmp_path):
    weight, bias = torch.randn(1000, 1280), torch.randn(1000)
    path = tmp_path / "weights.safetensors"
    save_file({"classifier.1.weight": weight, "classifier.1.bias": bias}, path)
    evidence = build_evidence({"dog": 0, "cat": 1}, encoder, 2, weights=str(path))
    dogs = len(IMAGENET_GROUPS["dog"])
    assert torch.equal(evidence.classifier.weight[:dogs, :, 0, 0], weight[151:269])
    assert torch.equal(evidence.classifier.bias[dogs:], bias[281:288])


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ({"cat": 1}, "at least two"),
        ({"cat": 1, "unicorn": 0}, "unicorn"),
        ({"cat": 1, "dog": 1}, "own"),
        ({"cat": 0, "dog": 2}, "0 … 1"),
    ],
)
def test_what_makes_no_sense_is_said(encoder, ids, words):
    with pytest.raises(BadConfig, match=words):
        build_evidence(ids, encoder, 2, weights="none")


def test_a_classifier_of_another_network_is_refused(encoder):
    with pytest.raises(BadConfig, match="1280"):
        Evidence(encoder, ["cat", "dog"]).load_rows(torch.zeros(1000, 512), torch.zeros(1000))
