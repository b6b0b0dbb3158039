//! Which group of packages a function belongs to: it decides the hue it is drawn in.

use serde::{Deserialize, Serialize};

use crate::pools::is_standard;

/// A group of packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Package {
    /// The program's own: package `main`.
    Main,
    /// Locks and pools.
    Sync,
    /// The runtime, with its profilers.
    Runtime,
    /// Compression.
    Compress,
    /// The rest of the standard library, and all others.
    Other,
}

/// The group of a function by its full name.
pub fn package_of(function: &str) -> Package {
    let path = function.split('.').next().unwrap_or("");
    match path {
        "main" => Package::Main,
        "sync" | "internal/sync" | "sync/atomic" => Package::Sync,
        p if p == "runtime" || p.starts_with("runtime/") => Package::Runtime,
        p if p.starts_with("compress/") => Package::Compress,
        // A module path has a dot in its first part, and is then the user's own or a library.
        _ if is_standard(function) => Package::Other,
        _ => Package::Main,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups() {
        assert_eq!(package_of("main.(*T).f"), Package::Main);
        assert_eq!(package_of("sync.(*Pool).Get"), Package::Sync);
        assert_eq!(package_of("runtime/pprof.Do"), Package::Runtime);
        assert_eq!(package_of("net/http.(*conn).serve"), Package::Other);
        assert_eq!(package_of("github.com/acme/shop/cart.Add"), Package::Main);
    }
}
