"""The EVM side: nodes, contracts, transactions and the keys that pay for them."""

__all__: list[str] = []
