//! The embedded files that pages load. Each address holds its content's hash, so a browser may keep
//! it for ever and never sees an old one.

use std::{fmt::Write as _, sync::LazyLock};

use crate::kit::digest;

/// What every asset is served with.
const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// One embedded file.
#[derive(Debug)]
pub struct Asset {
    /// The name in the sources: `style.css`.
    pub name: &'static str,
    /// Where it is served: `/assets/style-0123456789ab.css`.
    pub path: String,
    /// Its media type.
    pub content_type: &'static str,
    /// For the `cache-control` header.
    pub cache_control: &'static str,
    /// The content.
    pub bytes: Vec<u8>,
}

const FONT: &[u8] = include_bytes!("../assets/inter.woff2");
const ICON: &[u8] = include_bytes!("../assets/icon.svg");
const POST: &[u8] = include_bytes!("../assets/post.js");
const STYLE: &str = include_str!("../assets/style.css");

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let font = embed("inter.woff2", "font/woff2", FONT.to_vec());
    let style = STYLE.replace("url(\"inter.woff2\")", &format!("url(\"{}\")", font.path));
    vec![
        embed("style.css", "text/css; charset=utf-8", style.into_bytes()),
        embed("post.js", "text/javascript; charset=utf-8", POST.to_vec()),
        embed("icon.svg", "image/svg+xml", ICON.to_vec()),
        font,
    ]
});

fn embed(name: &'static str, content_type: &'static str, bytes: Vec<u8>) -> Asset {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let path = format!("/assets/{stem}-{}.{ending}", &sha256(&bytes)[..12]);
    Asset { name, path, content_type, cache_control: CACHE_CONTROL, bytes }
}

fn sha256(bytes: &[u8]) -> String {
    digest::sha256(bytes).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The asset behind the last segment of an address (`style-0123456789ab.css`), if there is one.
#[must_use]
pub fn asset(segment: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path.strip_prefix("/assets/") == Some(segment))
}

/// Where the asset of this name is served.
///
/// # Panics
/// If there is no asset of this name.
#[must_use]
#[expect(clippy::expect_used, reason = "names are literals in templates; a test walks every page")]
pub fn asset_path(name: &str) -> &'static str {
    &ASSETS.iter().find(|asset| asset.name == name).expect("the asset is embedded").path
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, fs, path::Path};

    use super::*;

    #[test]
    fn an_address_holds_the_hash_and_is_found_again() {
        let path = asset_path("style.css");
        let segment = path.strip_prefix("/assets/").unwrap();
        assert_eq!(asset(segment).unwrap().name, "style.css");
        assert!(asset("style.css").is_none() && asset("style-000000000000.css").is_none());
        let style = std::str::from_utf8(&asset(segment).unwrap().bytes).unwrap();
        assert!(style.contains(&format!("url(\"{}\")", asset_path("inter.woff2"))));
    }

    #[test]
    fn a_first_load_stays_under_sixty_kilobytes() {
        let total: usize = ASSETS.iter().map(|asset| asset.bytes.len()).sum();
        assert!(total < 56_000, "{total} bytes of assets, and a page comes on top");
        assert!(STYLE.len() < 15_000, "{} bytes of style", STYLE.len());
    }

    #[test]
    fn vendored_files_are_what_the_list_says() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/assets");
        let list: toml::Table =
            fs::read_to_string(folder.join("VENDOR.toml")).unwrap().parse().unwrap();
        for file in list["file"].as_array().unwrap() {
            let name = file["name"].as_str().unwrap();
            let hash = sha256(&fs::read(folder.join(name)).unwrap());
            assert_eq!(hash, file["sha256"].as_str().unwrap(), "{name}");
        }
    }

    /// Every pair of text and ground that a page may show, in both schemes: at least 4.5 : 1.
    #[test]
    fn text_can_be_read_on_its_ground() {
        let grounds = [
            (
                "text",
                &["page", "panel", "hover", "accent-ground", "caution-ground", "bad-ground"][..],
            ),
            ("text-quiet", &["page", "panel", "hover"]),
            ("accent-text", &["page", "panel", "accent-ground"]),
            ("on-accent", &["accent"]),
            ("good-text", &["page", "panel", "good-ground"]),
            ("bad-text", &["page", "panel"]),
            ("page", &["text"]),
        ];
        let (light, rest) = STYLE.split_once("prefers-color-scheme: dark").unwrap();
        let dark = rest.split_once("@layer elements").unwrap().0;
        for (scheme, text) in [("light", light), ("dark", dark)] {
            let tokens = tokens(text);
            for (front, behind) in grounds {
                for ground in behind {
                    let ratio = contrast(tokens[front], tokens[ground]);
                    assert!(ratio >= 4.5, "{scheme}: {front} on {ground} is {ratio:.2} : 1");
                }
            }
        }
    }

    fn tokens(text: &str) -> HashMap<&str, [f64; 3]> {
        text.split("--")
            .filter_map(|piece| piece.split_once(": #"))
            .map(|(name, value)| {
                let part = |at| u8::from_str_radix(&value[at..at + 2], 16).unwrap();
                (name, [part(0), part(2), part(4)].map(f64::from))
            })
            .collect()
    }

    fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    fn luminance(colour: [f64; 3]) -> f64 {
        let linear = colour.map(|part| {
            let part = part / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }
}
