//! The program that is watched, as its address says.

use std::net::{SocketAddr, ToSocketAddrs};

/// Where net/http/pprof puts its profiles.
const USUAL_PATH: &str = "/debug/pprof/";

/// A program that serves its profiles.
#[derive(Debug, PartialEq)]
pub(crate) struct Target {
    /// Host and port, as they were typed: what it is called.
    pub(super) host: String,
    /// What the host is, looked up once: a name that means another machine later is not followed there.
    pub(super) addresses: Vec<SocketAddr>,
    /// Where its profiles are, with a slash at the end.
    pub(super) path: String,
}

impl Target {
    /// # Errors
    /// In words: no such address, or one of another machine that was not allowed.
    pub(super) fn parse(url: &str, may_be_remote: bool) -> Result<Self, String> {
        let rest = match url.split_once("://") {
            Some(("http", rest)) => rest,
            Some(("https", _)) => {
                return Err(
                    "Only plain http is spoken, as programs serve it on their own machine. For one behind https, \
                            forward its port (ssh -L, kubectl port-forward) and watch http://localhost:PORT."
                        .to_owned(),
                );
            }
            Some((scheme, _)) => return Err(format!("A program is watched by http, not by {scheme}.")),
            None => url,
        };
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if host.is_empty() || host.contains('@') || !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("This is no address of a program; one is http://localhost:6060.".to_owned());
        }
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'));
        let whole = if has_port { host.to_owned() } else { format!("{host}:80") };
        let addresses: Vec<SocketAddr> =
            whole.to_socket_addrs().map_err(|error| format!("No such host is known: {error}."))?.collect();
        if !may_be_remote && !addresses.iter().all(|address| address.ip().is_loopback()) {
            return Err("That is another machine. What comes from there could be read and changed on its way: forward its port \
                        (ssh -L 6060:localhost:6060 HOST) and watch http://localhost:6060, or say --remote."
                .to_owned());
        }
        let path = if path.len() < 2 { USUAL_PATH.to_owned() } else { format!("{}/", path.trim_end_matches('/')) };
        Ok(Self { host: host.to_owned(), addresses, path })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_address_says_where_the_profiles_are() {
        let of = |url: &str| Target::parse(url, false).map(|target| (target.host, target.path));
        let usual = |host: &str| Ok((host.to_owned(), "/debug/pprof/".to_owned()));
        assert_eq!(of("http://127.0.0.1:6060"), usual("127.0.0.1:6060"));
        assert_eq!(of("http://127.0.0.1:6060/"), usual("127.0.0.1:6060"));
        assert_eq!(of("127.0.0.1:6060"), usual("127.0.0.1:6060"));
        assert_eq!(of("http://127.0.0.1:6060/debug/pprof"), usual("127.0.0.1:6060"));
        assert_eq!(of("http://[::1]:6060/a/pprof/?x#y"), Ok(("[::1]:6060".to_owned(), "/a/pprof/".to_owned())));
        assert_eq!(Target::parse("http://127.0.0.1", false).unwrap().addresses, ["127.0.0.1:80".parse().unwrap()]);
    }

    #[test]
    fn other_machines_are_refused_unless_allowed_and_nonsense_always() {
        for url in ["http://192.0.2.7:6060", "http://[2001:db8::1]:6060", "http://0.0.0.0:6060"] {
            assert!(Target::parse(url, false).unwrap_err().contains("another machine"), "{url}");
            assert!(Target::parse(url, true).is_ok(), "{url}");
        }
        for url in [
            "",
            "http://",
            "https://127.0.0.1",
            "file:///etc/passwd",
            "http://a@127.0.0.1",
            "http://127.0.0.1:99999",
            "http://127.0.0.1/\r\nX: y",
        ] {
            assert!(Target::parse(url, true).is_err(), "{url}");
        }
    }
}
