"""DeepLabV3 and V3+: atrous convolutions keep the resolution and see several scales at once.

Paper    V3:  Chen, Papandreou, Schroff, Adam: "Rethinking Atrous Convolution for Semantic Image
              Segmentation", 2017, https://arxiv.org/abs/1706.05587
         V3+: Chen, Zhu, Papandreou, Schroff, Adam: "Encoder-Decoder with Atrous Separable
              Convolution for Semantic Image Segmentation", ECCV 2018, https://arxiv.org/abs/1802.02611
Differs  The encoder is any that torchvision has, where the papers modify a ResNet (multi-grid) or an Xception. V3 has a
         3x3 convolution before its classifier and, as an option, an auxiliary head: so does torchvision's version,
         whose every tensor therefore fits here. BatchNorm comes before the image pooling (see ``PooledContext``), so
         that a batch of one can train. Dropout and deformable convolutions are options.
Shapes   N images, C channels, H x W pixels, K classes, A width of the ASPP (256),
         S output stride of the encoder (16: its last map is H / 16 x W / 16)
"""

from functools import partial

from torch import Tensor, nn

from segcore.models.base import ModelCard, SegOutput
from segcore.models.blocks import (
    AuxHead,
    PooledContext,
    aux_logits,
    concat,
    conv_block,
    deformable_block,
    resize,
    separable_block,
    upsample_small,
)
from segcore.models.encoder_cards import EncoderName
from segcore.models.encoders import ENCODER_STAGES, MIN_SIZE, build_encoder
from segcore.models.evidence import build_evidence, split_shared
from segcore.models.options import ClassIds, Count, Norm, OutputStride, Share


class ASPP(nn.Module):
    """Atrous spatial pyramid pooling: five parallel branches, from a 1x1 convolution to the mean over the image.

    The papers' rates 6, 12, 18 are for S = 16; they scale with the map, so that the taps stay equally far apart in
    pixels of the image (96, 192 and 288). ``separable`` is V3+'s; ``deformable`` takes precedence over it.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        output_stride: int,
        separable: bool,
        deformable: bool,
        dropout: float,
        norm: Norm,
    ) -> None:
        super().__init__()
        atrous = deformable_block if deformable else separable_block if separable else conv_block
        rates = [max(1, rate * 16 // output_stride) for rate in (6, 12, 18)]
        self.branches = nn.ModuleList(
            [
                conv_block(in_channels, out_channels, 1, norm=norm),
                *(atrous(in_channels, out_channels, norm=norm, dilation=rate) for rate in rates),
                PooledContext(in_channels, out_channels, norm=norm),
            ]
        )
        self.project = nn.Sequential(
            *conv_block(len(self.branches) * out_channels, out_channels, 1, norm=norm), nn.Dropout(dropout)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H / S, W / S) to (N, A, H / S, W / S)."""
        projected: Tensor = self.project(concat(*(branch(x) for branch in self.branches)))  # 5 A channels -> A
        return projected


class DeepLab(nn.Module):
    """Encoder, ASPP on its last map, classifier; V3+ adds a short decoder with boundaries from an early feature map.

    Args:
        plus: whether it is V3+, whose ASPP and decoder have depthwise separable convolutions.
        encoder: name of the encoder.
        encoder_weights: "none", "imagenet" or the path of a .safetensors file.
        output_stride: S. 8 gives finer boundaries than 16, at about four times the time in the last levels.
        aspp_width: A, also the width of the decoder.
        aux: train an auxiliary head on level 3 of the encoder.
        deformable: make the three atrous convolutions deformable (and no longer separable).
        dropout: share of the ASPP's result that is dropped in training.
        norm: "batch", or "group" for batches of a few images.
        evidence: V3+ only: ImageNet group → class id, as in {"cat": 2, "dog": 3}: these classes share one output of
            the decoder and are distinguished by the encoder's own classifier (see ``evidence.py``); None for the paper.
    """

    def __init__(
        self,
        num_classes: int,
        *,
        plus: bool,
        in_channels: int = 3,
        encoder: EncoderName = "resnet50",
        encoder_weights: str = "none",
        output_stride: OutputStride = 16,
        aspp_width: Count = 256,
        aux: bool = False,
        deformable: bool = False,
        dropout: Share = 0.1,
        norm: Norm = "batch",
        evidence: ClassIds | None = None,
    ) -> None:
        super().__init__()
        self.plus = plus
        self.encoder = build_encoder(
            encoder, in_channels=in_channels, weights=encoder_weights, output_stride=output_stride, norm=norm
        )
        _, early, _, middle, deep = self.encoder.channels
        self.aspp = ASPP(
            deep,
            aspp_width,
            output_stride=output_stride,
            separable=plus,
            deformable=deformable,
            dropout=dropout,
            norm=norm,
        )
        outputs = num_classes
        if plus:
            # 48 channels (Table 1 of the paper): enough to locate a boundary, too few to dominate the ASPP's 256.
            self.borders = conv_block(early, 48, 1, norm=norm)
            self.decoder = nn.Sequential(
                separable_block(aspp_width + 48, aspp_width, norm=norm),
                separable_block(aspp_width, aspp_width, norm=norm),
            )
        else:
            self.refine = conv_block(aspp_width, aspp_width, norm=norm)
        self.evidence, self.evidence_ids = None, list((evidence or {}).values())
        if evidence:
            self.evidence = build_evidence(evidence, self.encoder, num_classes, weights=encoder_weights)
            outputs = num_classes - len(evidence) + 1
        self.head = nn.Conv2d(aspp_width, outputs, kernel_size=1)
        self.aux_head = AuxHead(middle, num_classes, norm=norm) if aux else None

    def forward(self, image: Tensor) -> SegOutput:
        """Map normalised images (N, C, H, W) to logits (N, K, H, W)."""
        _, early, _, middle, deep = self.encoder(upsample_small(image, MIN_SIZE))
        x = self.aspp(deep)  # (N, C4, H / S, W / S) -> (N, A, H / S, W / S)
        if self.plus:
            x = resize(x, like=early)  # (N, A, H / 4, W / 4)
            x = self.decoder(concat(self.borders(early), x))  # (N, 48 + A, H / 4, W / 4) -> (N, A, H / 4, W / 4)
        else:
            x = self.refine(x)
        logits = self.head(x)
        if self.evidence is not None:  # (N, K - G + 1, H / 4, W / 4) -> (N, K, H / 4, W / 4)
            logits = split_shared(logits, resize(self.evidence(middle), like=logits), self.evidence_ids)
        return SegOutput(resize(logits, like=image), aux=aux_logits(self.aux_head, middle, like=image))


CARDS = (
    ModelCard(
        name="deeplabv3",
        title="DeepLabV3",
        year=2017,
        build=partial(DeepLab, plus=False, evidence=None),
        stages=(*ENCODER_STAGES, *(f"aspp.branches.{i}" for i in range(5)), "aspp", "refine", "head"),
        paper="https://arxiv.org/abs/1706.05587",
        summary="Atrous convolutions at several rates see near and far without losing resolution.",
        examples=(
            {"encoder": "resnet18", "aspp_width": 8, "aux": True},
            {"encoder": "mobilenet_v3_large", "aspp_width": 8, "deformable": True},
        ),
    ),
    ModelCard(
        name="deeplabv3plus",
        title="DeepLabV3+",
        year=2018,
        build=partial(DeepLab, plus=True),
        stages=(*ENCODER_STAGES, *(f"aspp.branches.{i}" for i in range(5)), "aspp", "borders", "decoder", "head"),
        paper="https://arxiv.org/abs/1802.02611",
        summary="DeepLabV3 with a short decoder that takes sharp boundaries from an early feature map.",
        examples=(
            {"encoder": "mobilenet_v2", "aspp_width": 8},
            {"encoder": "vgg16_bn", "aspp_width": 8, "output_stride": 32, "aux": True, "norm": "group"},
        ),
    ),
)
