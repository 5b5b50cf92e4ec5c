"""Stands in for the framework: its headers, no core. What links is only what is ours."""

import os

from SCons.Script import DefaultEnvironment

DefaultEnvironment().Append(CPPPATH=[os.environ["STAND_IN_HEADERS"]])
