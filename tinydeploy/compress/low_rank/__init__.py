"""Low-rank factorization: a layer becomes a chain of smaller ones; one method per file."""

from __future__ import annotations

from tinydeploy.compress.low_rank.channel_svd import ChannelSvd
from tinydeploy.compress.low_rank.cp import Cp
from tinydeploy.compress.low_rank.dense_svd import DenseSvd
from tinydeploy.compress.low_rank.factorization import Factorization
from tinydeploy.compress.low_rank.spatial_svd import SpatialSvd
from tinydeploy.compress.low_rank.tucker_2 import Tucker2

METHODS: tuple[type[Factorization], ...] = (SpatialSvd, ChannelSvd, Tucker2, Cp, DenseSvd)
