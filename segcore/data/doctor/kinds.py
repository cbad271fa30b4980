"""Every kind of problem the doctor knows."""

from dataclasses import dataclass

from segcore.errors import Message


@dataclass(frozen=True)
class Finding:
    """One kind of problem in one dataset.

    Attributes:
        kind: one of KINDS.
        severity: "error" (training stops or learns nonsense), "warning" (look at it) or "note".
        title: what it is, for people.
        count: how many files (for classes: how many classes) have it.
        files: all of them, relative to the dataset.
        detail: what was met, "" where the title says all.
        details: the same, one by one.
        why: why it matters.
        advice: what to do.
        repairable: whether ``repair`` can mend it in a copy.
    """

    kind: str
    severity: str
    title: str
    count: int
    files: tuple[str, ...]
    detail: str
    why: str
    advice: str
    repairable: bool
    details: tuple[Message, ...] = ()


@dataclass(frozen=True)
class Kind:
    """The fixed words of a kind of problem; attributes as for ``Finding``."""

    severity: str
    title: str
    why: str
    advice: str
    repairable: bool = False


KINDS: dict[str, Kind] = {
    "bad_classes": Kind(
        "error",
        "classes.json is missing or wrong",
        "Without it nobody knows what the numbers in the masks mean.",
        "Write one beside images/; it names the classes in the order of their ids.",
    ),
    "unreadable": Kind(
        "error",
        "Files that cannot be read",
        "Training stops at the first of them.",
        "Copy them again from where they came, or remove the pair.",
        repairable=True,
    ),
    "same_name": Kind(
        "error",
        "Files with the same name",
        "Image and mask belong together by name, extensions aside; two of one name leave it open which is meant.",
        "Keep one file per name, extensions aside.",
        repairable=True,
    ),
    "missing_mask": Kind(
        "error",
        "Images without a mask",
        "There is nothing to learn from them, and a missing half often means that a copy broke off.",
        "Add masks/NAME.png, or move the images elsewhere.",
        repairable=True,
    ),
    "missing_image": Kind(
        "error",
        "Masks without an image",
        "There is nothing to show the network; perhaps the image has another name.",
        "Add the images, or move the masks elsewhere.",
        repairable=True,
    ),
    "unknown_name": Kind(
        "error",
        "Split lists name images that do not exist",
        "The split cannot be opened.",
        "Correct the lists or add the images.",
        repairable=True,
    ),
    "exif_rotated": Kind(
        "error",
        "Masks drawn on the photo as stored, not as shown (EXIF orientation)",
        "Cameras store a photo lying on its side and mark how to turn it; a mask drawn without regard to the mark lies "
        "across the photo.",
        "Turn the masks as the photos are shown, or save the photos upright without the mark.",
        repairable=True,
    ),
    "size_mismatch": Kind(
        "error",
        "Image and mask differ in size",
        "Every pixel of the image needs its label; which one it has cannot be told.",
        "Export the mask again at the image's size. Resize masks only by nearest neighbour.",
        repairable=True,
    ),
    "colour_mask": Kind(
        "error",
        "Masks hold colours instead of class ids",
        "A network is trained on the number of a class, not on the colour that it is drawn in.",
        "Name the colour of each class in classes.json (colors), then let repair replace it by the class id.",
        repairable=True,
    ),
    "palette": Kind(
        "error",
        "Palette masks whose numbers are not the class ids",
        "A palette PNG stores numbers and, apart from them, their colours. Programs that reduce colours number them as "
        "they please.",
        "Name the colour of each class in classes.json (colors), then let repair renumber by colour.",
        repairable=True,
    ),
    "jpeg_blurred": Kind(
        "error",
        "Masks blurred by JPEG or by smooth resizing",
        "Along every edge stand values that nobody drew; each is read as another class, or as none.",
        "Make them again from the originals, save as PNG, and resize by nearest neighbour only.",
        repairable=True,
    ),
    "mask_16bit": Kind(
        "error",
        "16-bit masks with numbers above 255",
        "Class ids go up to 254. Larger numbers usually count objects, or are 8-bit ids stretched to 16 bits.",
        "Replace each number by the class of its object and save as 8-bit PNG.",
        repairable=True,
    ),
    "binary_255": Kind(
        "error",
        "Masks use 0 and 255 for no and yes, but 255 is read as ignored",
        "The class would never be trained: all its pixels are left out.",
        "Replace 255 by 1, the id of the second class.",
        repairable=True,
    ),
    "unknown_value": Kind(
        "error",
        "Masks hold values that are no class",
        "Training stops there: a label outside the classes has no place in the network's output.",
        "Add the classes to classes.json, or replace the values; 255 marks pixels to ignore.",
        repairable=True,
    ),
    "cross_split_duplicate": Kind(
        "error",
        "The same picture in two splits",
        "Scores on pictures seen in training measure memory, not skill.",
        "Keep each picture in one split; take it out of the training split.",
        repairable=True,
    ),
    "sequence_leak": Kind(
        "warning",
        "Frames of one sequence in two splits",
        "Frames of one drive or film show the same street, light and cars. A network that has seen some of them knows "
        "the others, and its score on them is too good.",
        "Divide by sequence: keep all frames of a recording in one split (group_by does it when splitting here).",
    ),
    "near_duplicate": Kind(
        "warning",
        "Nearly the same picture more than once",
        "Within a split they add little; across splits they make the score too good.",
        "Look at them side by side. Keep one of each, above all where they stand in two splits.",
        repairable=True,
    ),
    "duplicate": Kind(
        "warning",
        "The same picture more than once",
        "It counts double in training and in every score.",
        "Keep one of each; check that their masks agree.",
        repairable=True,
    ),
    "absent_class": Kind(
        "warning",
        "Classes that no mask of a split holds",
        "A class absent from training cannot be learnt; one absent from validation is not measured, and conventions "
        "differ in what its score then is.",
        "Add images that show them, move some between the splits, or take the class out of classes.json.",
    ),
    "brightness": Kind(
        "warning",
        "The splits differ in brightness",
        "The network is measured on another light than it was trained in.",
        "Mix the recordings before splitting, or vary the brightness in training (augmentation).",
    ),
    "all_ignored": Kind(
        "warning",
        "Masks in which every pixel is ignored",
        "They cost time and teach nothing.",
        "Label them or remove the pairs.",
        repairable=True,
    ),
    "unlabelled": Kind(
        "warning",
        "Masks that are mostly unlabelled",
        "Ignored pixels neither teach nor count. A score tells nothing of what happens there.",
        "Label more of them, or give what remains a class of its own, such as background.",
    ),
    "empty_mask": Kind(
        "note",
        "Masks with nothing but class 0",
        "Pictures without any object are useful, if they really show none.",
        "Fine where the photos really show nothing else; otherwise the masks were never drawn.",
        repairable=True,
    ),
}
"""By name, the graver ones first."""
