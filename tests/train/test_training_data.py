"""Which images a configuration trains and validates on."""

from segcore.data import open_dataset
from segcore.train.config import make_config
from segcore.train.training_data import open_data


def test_data_to_validate_on_gives_its_validation_split() -> None:
    """The same name for both must not mean that training images are judged."""
    config = make_config({"data": ["shapes:6:32"], "val_data": ["shapes:4:32"]})
    data = open_data(config)
    truth = open_dataset("shapes:4:32", "val")
    assert [data.val[index].name for index in range(4)] == [truth[index].name for index in range(4)]
    trained = {data.train[index].image.tobytes() for index in range(len(data.train))}
    assert trained.isdisjoint(data.val[index].image.tobytes() for index in range(4))
