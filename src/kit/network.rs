//! [`Network`]: a block of IP addresses, as in `10.0.0.0/8`.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use super::error::{Error, Refused};

/// A block of addresses. IPv4 addresses mapped into IPv6 count as IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Takes `10.0.0.0/8`, `2001:db8::/32` or a single address. Bits behind the prefix must be
    /// zero: a typing mistake should not widen a block.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |why: &str| Refused::invalid("network_malformed", format!("`{text}` {why}"));
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr =
            address.parse().map_err(|_| refuse("is not an address or network"))?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let digits = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
        let prefix = match prefix {
            None => longest,
            Some(text) => text
                .parse()
                .ok()
                .filter(|prefix| digits(&text) && *prefix <= longest)
                .ok_or_else(|| refuse("has no prefix length that fits"))?,
        };
        let network = Self { address, prefix };
        let first = network.first();
        if first != address {
            let why = format!("has bits beyond its prefix; did you mean `{first}/{prefix}`?");
            return Err(refuse(&why));
        }
        Ok(network)
    }

    /// Whether the address lies in the block.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = if self.address.is_ipv4() { address.to_canonical() } else { address };
        self.address.is_ipv4() == address.is_ipv4()
            && shifted(address, self.free()) == shifted(self.address, self.free())
    }

    fn free(&self) -> u32 {
        let longest: u32 = if self.address.is_ipv4() { 32 } else { 128 };
        longest - u32::from(self.prefix)
    }

    /// The first address of the block.
    fn first(&self) -> IpAddr {
        let mask = u128::MAX.checked_shl(self.free()).unwrap_or(0);
        match self.address {
            // The mask's low half is that of an IPv4 address.
            #[expect(clippy::cast_possible_truncation, reason = "32 bits were widened before")]
            IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() & mask as u32).into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & mask).into(),
        }
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn shifted(address: IpAddr, by: u32) -> u128 {
    bits(address).checked_shr(by).unwrap_or(0)
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_holds_its_addresses_and_no_others() {
        for (block, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::10.1.2.3"),
            ("0.0.0.0/0", "255.1.1.1", "::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::/0", "fe80::1", "10.0.0.1"),
            ("::1", "::1", "::2"),
        ] {
            let network = Network::parse(block).unwrap();
            assert!(network.contains(inside.parse().unwrap()), "{inside} in {block}");
            assert!(!network.contains(outside.parse().unwrap()), "{outside} in {block}");
            assert_eq!(Network::parse(&network.to_string()).unwrap(), network);
        }
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for text in ["", "10.0.0.0/33", "10.0.0.1/8", "::/129", "10.0.0.0/", "10.0.0.0/+8", "a/8"] {
            assert!(Network::parse(text).is_err(), "{text:?}");
        }
    }
}
