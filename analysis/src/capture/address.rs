//! What people paste as the address of net/http/pprof, as the beginning that every request shares.

/// `:6060`, `6060`, `0.0.0.0:6060`, `https://shop/debug/pprof/heap?debug=1`, each with blanks anywhere, to scheme, host and
/// what the path has before `/debug/`.
pub(super) fn base(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => ("https", rest),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => ("http", rest),
        _ => ("http", text.as_str()),
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let rest = ["/debug/pprof", "/debug/vars"].iter().find_map(|end| Some(rest.split_once(end)?.0)).unwrap_or(rest);
    let rest = rest.trim_matches('/');
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    // Where a program listens is not always where it is asked.
    let here = ["0.0.0.0:", "[::]:", "*:", ":"].iter().find_map(|all| host.strip_prefix(all));
    let is_port = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_digit());
    match here.or(is_port.then_some(host)) {
        Some(port) => format!("{scheme}://localhost:{port}{path}"),
        None => format!("{scheme}://{host}{path}"),
    }
}

/// The program runs where the script does, so that no proxy lies between.
pub(super) fn is_loopback(base: &str) -> bool {
    let host = base.split("://").nth(1).unwrap_or_default();
    let host = host.split('/').next().unwrap_or_default().rsplit('@').next().unwrap_or_default();
    let name = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or_default() };
    name.eq_ignore_ascii_case("localhost") || name.starts_with("127.") || name.starts_with("[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_they_are_pasted() {
        for (pasted, is) in [
            ("localhost:6060", "http://localhost:6060"),
            (":6060", "http://localhost:6060"),
            ("6060", "http://localhost:6060"),
            (" localhost : 6060\n", "http://localhost:6060"),
            ("[::]:6060", "http://localhost:6060"),
            ("0.0.0.0:6060/", "http://localhost:6060"),
            ("[::1]:6060", "http://[::1]:6060"),
            ("HTTP://shop:80/debug/pprof/", "http://shop:80"),
            ("https://shop/debug/pprof", "https://shop"),
            ("https://user:word@shop/admin/debug/pprof/heap?debug=1#top", "https://user:word@shop/admin"),
            ("shop:8080/debug/vars", "http://shop:8080"),
            ("http://shop:8080//", "http://shop:8080"),
            ("http://:8080/x", "http://localhost:8080/x"),
            ("é", "http://é"),
        ] {
            assert_eq!(base(pasted), is, "{pasted}");
        }
    }

    #[test]
    fn this_machine_is_asked_without_a_proxy() {
        for (text, is) in [
            ("6060", true),
            ("127.0.0.1:1", true),
            ("[::1]:6060", true),
            ("https://a:b@LOCALHOST/x", true),
            ("localhost.shop:80", false),
            ("shop/localhost", false),
            ("", false),
        ] {
            assert_eq!(is_loopback(&base(text)), is, "{text}");
        }
    }
}
