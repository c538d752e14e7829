"""A directory of a customer, as its identity provider has it: an address and a token."""

from __future__ import annotations

from dataclasses import dataclass

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient

from kernia import Kernia


@dataclass(frozen=True)
class Directory:
    id: str
    scim_url: str
    scim_token: str

    @classmethod
    def of(cls, kernia: Kernia, organization_id: str, kind: str = "generic scim v2.0") -> Directory:
        """A directory made through Kernia's own API, with its first token."""
        made = kernia.admin("POST", "directories", organization_id=organization_id, type=kind)
        kernia.secrets.add(made["scim_token"])
        return cls(made["id"], made["scim_url"], made["scim_token"])

    def http(self) -> httpx2.Client:
        """Plain HTTP with the token, below the directory's address."""
        return httpx2.Client(
            base_url=self.scim_url,
            headers={"authorization": f"Bearer {self.scim_token}"},
            timeout=60,
        )

    def client(self) -> SyncSCIMClient:
        """A client that others wrote, which has read what the directory says of itself."""
        client = SyncSCIMClient(self.http())
        client.discover()
        return client
