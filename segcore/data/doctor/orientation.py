"""Whether masks were drawn on photos as they are stored or as they are displayed (EXIF orientation).

A photo stored on its side shows it by the size of its mask. A photo stored upside down, mirrored or square does not; it
is judged by the others.
"""

from dataclasses import dataclass, field

from segcore.data.doctor.record import Record
from segcore.data.image_files import ON_ITS_SIDE
from segcore.errors import Message


@dataclass
class Orientations:
    """Evidence from pairs whose photo has an EXIF orientation other than 1."""

    stored: int = 0
    displayed: int = 0
    unclear: list[str] = field(default_factory=list)

    def add(
        self, name: str, orientation: int, size: tuple[int, int], mask_size: tuple[int, int], record: Record
    ) -> bool:
        """Note a photo, whose ``size`` (H, W) is that of display; whether its mask is of the stored photo's size."""
        if orientation >= ON_ITS_SIDE and size[0] != size[1]:
            is_stored = mask_size == size[::-1]
            self.stored += is_stored
            self.displayed += mask_size == size
            if is_stored:
                record.add("exif_rotated", name)
            return is_stored
        if orientation != 1 and mask_size == size:
            self.unclear.append(name)
        return False

    def add_annotated(self, name: str, orientation: int, size: tuple[int, int], stated: tuple[int, int] | None) -> None:
        """Note a photo of ``size`` (H, W) whose polygons come with the size ``stated``, or without one.

        Its reader rotates what was annotated on a photo stored on its side; only the others remain unclear.
        """
        if orientation >= ON_ITS_SIDE and size[0] != size[1] and stated is not None:
            self.stored += stated == size[::-1]
            self.displayed += stated == size
        elif orientation != 1:
            self.unclear.append(name)

    def conclude(self, record: Record) -> None:
        """Record the photos whose size does not show how their masks were drawn."""
        for name in self.unclear:
            if self.stored and not self.displayed:
                detail = Message(
                    "{name}: of the same size either way; the masks of the photos on their side are as stored",
                    name=name,
                )
                record.add("exif_rotated", name, detail)
            elif self.stored or not self.displayed:
                record.add("exif_unclear", name)
