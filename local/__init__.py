"""The whole stack on one machine: emulator, provider simulators and sample footage."""
