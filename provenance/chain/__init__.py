"""The EVM side: the only folder that imports web3 and eth_account."""

__all__: list[str] = []
