//! What each address gives, and to whom.
//!
//! Pages of other sites can send requests here too. They cannot read answers, which have no CORS headers; they do not know the
//! token, without which there is no session; and where a name of theirs leads here (DNS rebinding), the host is the wrong one.

use std::sync::Arc;

use super::answer::Answer;
use super::request::Request;
use super::shelf::Shelf;
use crate::site::Files;

/// Everything that is served.
pub(super) struct Routes {
    /// What this host may be called.
    pub(super) hosts: Vec<String>,
    /// Who knows it may see the session.
    pub(super) token: String,
    pub(super) site: Files,
    pub(super) shelf: Arc<Shelf>,
}

const NOT_FOUND: &str = "404 Not Found";
const FORBIDDEN: &str = "403 Forbidden";

impl Routes {
    pub(super) fn answer(&self, request: &Request) -> Answer {
        if !self.hosts.contains(&request.host) {
            return Answer::refusal("421 Misdirected Request", "Open the address that poolscope serve printed.");
        }
        if request.has_body {
            return Answer::refusal("413 Content Too Large", "Nothing is taken here.");
        }
        if let Some(rest) = request.path.strip_prefix("/session/") {
            let (token, what) = rest.split_once('/').unwrap_or((rest, ""));
            let is_own = request.origin.as_ref().is_none_or(|origin| *origin == format!("http://{}", request.host));
            if token != self.token || !is_own {
                return Answer::refusal(FORBIDDEN, "Open the address that poolscope serve printed.");
            }
            return self.session(&request.method, what);
        }
        if !matches!(request.method.as_str(), "GET" | "HEAD") {
            return Answer::refusal("405 Method Not Allowed", "Files of the page can be read.");
        }
        let path = match request.path.trim_start_matches('/') {
            "" => "index.html",
            path => path,
        };
        // A table, and no folder: there is nowhere else to get to.
        match self.site.get(path) {
            Some(bytes) => Answer::site(path, bytes.clone()),
            None => Answer::refusal(NOT_FOUND, "The page has no such file."),
        }
    }

    fn session(&self, method: &str, what: &str) -> Answer {
        match (method, what) {
            ("GET", "") => Answer::json(self.shelf.list().to_string()),
            ("POST", "pause" | "resume") => {
                self.shelf.pause(what == "pause");
                Answer::json(self.shelf.list().to_string())
            }
            ("GET", _) => {
                let number = what.strip_prefix("files/").and_then(|number| number.parse().ok());
                match number.and_then(|number| self.shelf.body(number)) {
                    Some(body) => Answer::dump(body),
                    None => Answer::refusal(NOT_FOUND, "The session has no such file, or it can no longer be read."),
                }
            }
            _ => Answer::refusal("405 Method Not Allowed", "The session can be read, paused and resumed."),
        }
    }
}
