//! [`Reach`]: which addresses outgoing requests may go to.

use std::net::IpAddr;

use crate::kit::network::Network;

/// Where outgoing requests may go.
#[derive(Debug, Clone, Default)]
pub enum Reach {
    /// Only https, only to addresses of the public internet.
    #[default]
    PublicOnly,
    /// As [`Reach::PublicOnly`], and http or https to these networks.
    PublicAnd(Vec<Network>),
    /// Http or https to any address.
    Anywhere,
}

impl Reach {
    /// As [`Reach::PublicOnly`], and http or https to this machine itself.
    #[must_use]
    pub fn public_and_loopback() -> Self {
        Self::PublicAnd(["127.0.0.0/8", "::1"].map(Network::parse).into_iter().flatten().collect())
    }

    /// Whether a request may go to this address.
    #[must_use]
    pub fn allows(&self, address: IpAddr, https: bool) -> bool {
        match self {
            Self::Anywhere => true,
            Self::PublicOnly => https && is_public(address),
            Self::PublicAnd(networks) => {
                networks.iter().any(|network| network.contains(address))
                    || (https && is_public(address))
            }
        }
    }
}

/// Blocks that are not the public internet (IANA special-purpose registries, RFC 6890), and those
/// that carry an IPv4 address inside, which could lead to one.
const SPECIAL: &[&str] = &[
    "0.0.0.0/8",       // this network
    "10.0.0.0/8",      // private
    "100.64.0.0/10",   // shared by carriers (CGNAT)
    "127.0.0.0/8",     // loopback
    "169.254.0.0/16",  // link-local, cloud metadata
    "172.16.0.0/12",   // private
    "192.0.0.0/24",    // protocol assignments
    "192.0.2.0/24",    // documentation
    "192.88.99.0/24",  // 6to4 relays
    "192.168.0.0/16",  // private
    "198.18.0.0/15",   // benchmarks
    "198.51.100.0/24", // documentation
    "203.0.113.0/24",  // documentation
    "224.0.0.0/4",     // multicast
    "240.0.0.0/4",     // reserved, broadcast
];

/// Whether the address belongs to the public internet.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(_) => !SPECIAL
            .iter()
            .any(|block| Network::parse(block).is_ok_and(|block| block.contains(address))),
        // 2000::/3 is what is handed out at all; everything special outside of it (loopback, unique
        // local, link-local, multicast, NAT64, mapped) is refused with it.
        IpAddr::V6(address) => {
            let [first, second, ..] = address.segments();
            let handed_out = (0x2000..=0x3fff).contains(&first);
            // Protocol assignments with Teredo, documentation (twice), and 6to4, which has an IPv4
            // address inside.
            let special = matches!(
                (first, second),
                (0x2001, 0..0x0200 | 0x0db8) | (0x2002, _) | (0x3fff, 0..0x1000)
            );
            handed_out && !special
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn every_special_block_is_one() {
        for block in SPECIAL {
            let network = Network::parse(block).unwrap();
            let first = block.split('/').next().unwrap();
            assert!(network.contains(address(first)) && !is_public(address(first)), "{block}");
        }
    }

    #[test]
    fn only_the_public_internet_is_public() {
        for text in ["1.1.1.1", "193.0.6.139", "172.32.0.1", "2606:4700::1111", "::ffff:1.1.1.1"] {
            assert!(Reach::PublicOnly.allows(address(text), true), "{text}");
            assert!(!Reach::PublicOnly.allows(address(text), false), "{text} over http");
        }
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.2.1",
            "192.168.1.1",
            "198.19.0.1",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::10.0.0.1",
            "64:ff9b::7f00:1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "100::1",
        ] {
            assert!(!Reach::PublicOnly.allows(address(text), true), "{text}");
        }
    }

    #[test]
    fn a_named_network_is_reached_and_no_other() {
        let reach = Reach::PublicAnd(vec![Network::parse("127.0.0.0/8").unwrap()]);
        assert!(reach.allows(address("127.0.0.1"), false));
        assert!(reach.allows(address("1.1.1.1"), true));
        assert!(!reach.allows(address("1.1.1.1"), false));
        assert!(!reach.allows(address("10.0.0.1"), true));
    }
}
