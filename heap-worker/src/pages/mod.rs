//! Pages whose markup is made here, so that the page that is loaded first carries no code for them. Where they lead is an
//! ordinary link: what is looked at stands in the fragment of the address.

mod capture;
mod chain;
mod clock;
mod contention;
mod escape;
mod gc;
mod groups;
mod here;
mod missing;
mod notes;
mod path;
mod share;
mod table;
mod thresholds;

pub(crate) use here::Here;

use analysis::export::Table;
use analysis::query::Engine;

/// The markup of the page that the fragment of an address names.
pub(crate) fn page(engine: &mut Engine, fragment: &str) -> String {
    made(engine, &Here::new(fragment))
}

/// The tables of that page, whole.
pub(crate) fn tables(engine: &mut Engine, fragment: &str) -> Vec<Table> {
    let here = Here::new(fragment);
    made(engine, &here);
    here.take_tables()
}

fn made(engine: &mut Engine, here: &Here) -> String {
    match here.get("part") {
        "chain" => return chain::under(engine, here),
        "missing" => return share::banner(engine).unwrap_or_else(|| missing::page(engine, here)),
        "note" => return notes::editor(engine, here),
        "share" => return share::page(engine, here),
        _ => {}
    }
    match (here.get("view"), here.get("page")) {
        ("findings", "path") => path::page(engine, here),
        ("findings", "notes") => notes::page(engine, here),
        ("findings", "thresholds") => thresholds::page(here),
        ("files", "capture") => capture::page(here),
        ("files", "groups") => groups::page(engine, here),
        ("files", "clock") => clock::page(engine, here),
        ("heap", _) => escape::page(engine, here),
        ("contention", _) => contention::page(engine, here),
        ("gc", _) => gc::page(engine, here),
        _ => String::new(),
    }
}

/// What is said in place of a page that has nothing to show: why, the command that makes it, and what else helps (markup).
fn nothing(title: &str, why: &str, command: &str, also: &str) -> String {
    format!(
        "<div class=\"hd\"><h2>{title}</h2></div><div class=\"pad\" data-testid=\"nothing-here\"><p class=\"prose\">{why}</p><div class=\"cmd\"><span>{command}</span><button class=\"go\" data-copy>Copy</button></div>{also}</div>"
    )
}

/// The way to the script that collects this with all else.
fn by_script(here: &Here) -> String {
    let href = here.to(&[("view", "files"), ("page", "capture")]);
    format!(
        "<p class=\"prose also\">Or take it with all else that is read here: <a class=\"btn\" href=\"{href}\">Capture script</a></p>"
    )
}
