//! [`Network`]: an address, or all addresses that share their first bits.

use std::net::IpAddr;

/// An IP network, as in `10.0.0.0/8` or `::1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Takes `address` or `address/bits`, or says why it is none. Bits beyond the prefix must be
    /// zero: `10.1.2.3/8` may be meant in two ways.
    pub fn parse(text: &str) -> Result<Self, String> {
        let refuse = || format!("`{text}` is not an address or network");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| refuse())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => most,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits
                .parse()
                .ok()
                .filter(|prefix| *prefix <= most)
                .ok_or_else(|| format!("`{text}`: the prefix has 0 to {most} bits"))?,
            Some(_) => return Err(refuse()),
        };
        let first = masked(address, prefix);
        if first == address {
            Ok(Self { address, prefix })
        } else {
            Err(format!("`{text}` has bits beyond its prefix; did you mean `{first}/{prefix}`?"))
        }
    }

    /// Whether `address` belongs to it. An IPv4 address that came through an IPv6 socket
    /// (`::ffff:10.0.0.1`) counts as what it is.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && masked(address, self.prefix) == self.address
    }
}

/// The address with its first `prefix` bits, and zeros behind them.
fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    let prefix = u32::from(prefix);
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
            IpAddr::V4((v4.to_bits() & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
            IpAddr::V6((v6.to_bits() & mask).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_contains_its_own() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
            ("192.0.2.0/31", "::ffff:192.0.2.1", "192.0.2.2"),
            ("fd00::/8", "fdff::1", "fe00::1"),
            ("::1", "::1", "::2"),
            ("0.0.0.0/0", "203.0.113.9", "::1"),
            ("::/0", "2001:db8::1", "203.0.113.9"),
        ] {
            let parsed = Network::parse(network).unwrap();
            assert!(parsed.contains(inside.parse().unwrap()), "{network} {inside}");
            assert!(!parsed.contains(outside.parse().unwrap()), "{network} {outside}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in ["", "10", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/+8", "a/8", "::1/64"]
        {
            assert!(Network::parse(bad).is_err(), "{bad}");
        }
        let told = Network::parse("10.1.2.3/8").unwrap_err();
        assert!(told.ends_with("did you mean `10.0.0.0/8`?"), "{told}");
    }
}
