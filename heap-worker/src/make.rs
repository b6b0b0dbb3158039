//! Files that are made of the session: tables, profiles, findings, bundles, reports.

use std::cell::RefCell;

use analysis::bundle::{Frozen, Packer, Writer};
use analysis::export::{Cut, Look, Report, Sheet, Table, file_name, folded, folded_diff, profile, sheet};
use analysis::findings::Thresholds;
use analysis::lens::{Base, Lens};
use analysis::link::VERSION;
use analysis::query::{Answer, Engine, FileRow, Query};
use analysis::report::{base64, shell};
use analysis::share::{Identity, Policy};
use js_sys::{Array, Object, Reflect, Uint8Array};
use serde_json::json;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, File, FilePropertyBag};
use worker_io::slice;

use crate::pages::{Here, tables};

/// How much of a file is packed at a time; a multiple of three, so that text of it goes on seamlessly.
const PIECE_BYTES: f64 = (6 << 20) as f64;

type Made = Result<File, String>;

/// Makes the file that `what` names, as the page's modules ask for it (`public/export/main.js`). `given` is what they give.
pub(crate) async fn make(engine: &RefCell<Engine>, what: &str, lens: &Lens, fragment: &str, given: &JsValue) -> Made {
    let here = Here::new(fragment);
    let parts: Vec<&str> = what.split(':').collect();
    match parts.as_slice() {
        ["menu"] => text("menu", ".json", &menu(&mut engine.borrow_mut(), lens, fragment)),
        ["sheet", key, form] => {
            let named = Sheet::ALL.into_iter().find(|sheet| sheet.key() == *key).ok_or("There is no such table.")?;
            let (lens, moved_lines, search) = (lens.clone(), here.get("th").to_owned(), here.get("q").to_owned());
            let table = sheet(&mut engine.borrow_mut(), named, &Look { lens, moved_lines, search })?;
            written(&table, key, form)
        }
        ["page", at, form] => {
            let tables = tables(&mut engine.borrow_mut(), fragment);
            let table = at.parse().ok().and_then(|at: usize| tables.get(at)).ok_or("There is no such table.")?;
            written(table, &table.title, form)
        }
        ["given", form] => {
            let table: Table = serde_json::from_str(&given.as_string().unwrap_or_default())
                .map_err(|error| format!("The table could not be taken from the page: {error}."))?;
            written(&table, &table.title, form)
        }
        ["profile", is_diff] => {
            let engine = engine.borrow();
            let lens = Lens { base: if *is_diff == "diff" { lens.base } else { Base::None }, ..lens.clone() };
            let cut = Cut::new(engine.session(), &lens)?;
            file(&[profile(&cut)], &file_name(&name(&engine, &lens), ".pb.gz"), "application/gzip")
        }
        ["folded", is_diff] => {
            let engine = engine.borrow();
            let lens = Lens { base: if *is_diff == "diff" { lens.base } else { Base::None }, ..lens.clone() };
            let lines = match *is_diff {
                "diff" => folded_diff(engine.session(), &lens)?,
                _ => folded(&Cut::new(engine.session(), &lens)?),
            };
            text(&name(&engine, &lens), ".folded.txt", &lines)
        }
        ["findings", form] => {
            let json = findings(&mut engine.borrow_mut(), &here, *form == "md");
            text("findings", if *form == "md" { ".md" } else { ".json" }, &json)
        }
        ["bundle", which] => {
            let (bundle, _) = bundle(engine, &here, fragment, given, which).await?;
            named(
                &Array::of1(&bundle),
                &format!("{}.poolscope", stem(&engine.borrow(), which)),
                "application/vnd.poolscope+zip",
            )
        }
        ["report", which] => report(engine, &here, fragment, given, which).await,
        _ => Err("This cannot be made.".to_owned()),
    }
}

/// What can be had of what is looked at, for the menu.
fn menu(engine: &mut Engine, lens: &Lens, fragment: &str) -> String {
    let here = Here::new(fragment);
    let is_own_page = here.get("page").is_empty() && !(here.get("view") == "heap" && here.get("tab") == "escape");
    let sheets = if is_own_page { Sheet::of_view(here.get("view")) } else { &[] };
    let sheets = sheets.iter().map(|sheet| json!({"key": format!("sheet:{}", sheet.key()), "title": sheet.title()}));
    let pages = tables(engine, fragment);
    let pages = pages
        .iter()
        .enumerate()
        .map(|(at, table)| json!({"key": format!("page:{at}"), "title": table.title, "rows": table.rows.len()}));
    let tables: Vec<_> = sheets.chain(pages).collect();
    let name_of = |id| engine.session().source(id).map(|source| source.name.clone());
    let has_profile =
        here.get("view") == "heap" && Cut::new(engine.session(), &Lens { base: Base::None, ..lens.clone() }).is_ok();
    let base = match lens.base {
        Base::Base(id) | Base::DiffBase(id) => name_of(id),
        Base::None => None,
    };
    let profile = has_profile.then(|| lens.current.and_then(name_of).unwrap_or_default());
    json!({"tables": tables, "profile": profile, "base": base.filter(|_| has_profile), "findings": here.get("view") == "findings"})
        .to_string()
}

fn written(table: &Table, name: &str, form: &str) -> Made {
    match form {
        "csv" => text(name, ".csv", &table.csv()),
        _ => text(name, ".json", &table.json()),
    }
}

/// What a profile that is written is called.
fn name(engine: &Engine, lens: &Lens) -> String {
    let name_of = |id| {
        let name = engine.session().source(id).map_or("profile", |source| source.name.as_str());
        name.trim_end_matches(".gz").trim_end_matches(".pb").replace('/', " ")
    };
    let now = lens.current.map_or("profile".to_owned(), name_of);
    match lens.base {
        Base::Base(id) | Base::DiffBase(id) => format!("{now} minus {}", name_of(id)),
        Base::None if lens.filter == Default::default() => now,
        Base::None => format!("{now} filtered"),
    }
}

/// What a bundle or a report is called: as the first file, which stands for the others.
fn stem(engine: &Engine, which: &str) -> String {
    if which == "redacted" {
        return "redacted session".to_owned();
    }
    let sources = &engine.session().sources;
    let first = sources.first().map_or("session", |source| source.name.as_str());
    let folder = first.split_once('/').map_or(first, |(folder, _)| folder);
    let stem = folder.split('.').next().unwrap_or(folder);
    file_name(&if sources.len() > 1 { format!("{stem} and {} more", sources.len() - 1) } else { stem.to_owned() }, "")
}

fn findings(engine: &mut Engine, here: &Here, is_markdown: bool) -> String {
    let diagnosis = engine.diagnose(&Thresholds::changed(here.get("th"))).clone();
    let report = Report { session: engine.session(), diagnosis: &diagnosis, suppressed: 0 };
    if is_markdown { report.markdown() } else { format!("{:#}\n", report.json()) }
}

/// A bundle, as a file of the browser's: of files that are stored as they are, not even the bytes pass through here twice.
/// Gives the verdict beside it.
async fn bundle(
    engine: &RefCell<Engine>,
    here: &Here,
    fragment: &str,
    given: &JsValue,
    which: &str,
) -> Result<(Blob, String), String> {
    let (mut writer, begin) = Writer::begin();
    let parts = Array::of1(&Uint8Array::from(begin.as_slice()));
    // `Array::from` throws on what cannot be gone through.
    let files = field(given, "files").dyn_into::<Array>().unwrap_or_default();
    for entry in files.iter().filter(|_| which.is_empty()) {
        let entry = Array::from(&entry);
        let Ok(file) = entry.get(2).dyn_into::<Blob>() else { continue };
        let name = entry.get(1).as_string().unwrap_or_default();
        let identity = identity(&engine.borrow(), &name, &entry.get(0).as_string().unwrap_or_default());
        put(&mut writer, &name, &file, identity, &parts).await?;
    }
    let rows: Vec<FileRow> = match engine.borrow_mut().answer(&Query::Files)? {
        Answer::Files(answer) => answer.files,
        _ => Vec::new(),
    };
    writer.kinds(|name| rows.iter().find(|row| row.name == name).map_or(String::new(), |row| row.kind.clone()));
    let salt = field(given, "salt").as_string().unwrap_or_default();
    let policy = (which == "redacted").then(|| Policy { salt, allow: Vec::new() });
    // What only an analysis tells of goes along as one.
    let is_frozen = !which.is_empty() || rows.iter().any(|row| row.is_shared);
    let frozen =
        is_frozen.then(|| Frozen::of(&mut engine.borrow_mut(), here.get("th"), policy.as_ref())).transpose()?;
    if let Some(frozen) = &frozen {
        parts.push(&Uint8Array::from(writer.frozen(frozen).as_slice()));
    }
    // An analysis that the address holds is a member of its own; names in the address would undo what is hidden.
    let state = match which {
        "redacted" => format!("#v={VERSION}&view={}", here.get("view")),
        _ => fragment.split("&a=").next().unwrap_or(fragment).to_owned(),
    };
    writer.look(&state, Vec::new());
    let verdict = engine.borrow_mut().diagnose(&Thresholds::changed(here.get("th"))).verdict.text.clone();
    let (findings, verdict) = match frozen {
        Some(frozen) => (frozen.findings, frozen.verdict),
        None => (findings(&mut engine.borrow_mut(), here, false), verdict),
    };
    parts.push(&Uint8Array::from(writer.finish(&findings)?.as_slice()));
    Ok((Blob::new_with_u8_array_sequence(&parts).map_err(|_| unwritable())?, verdict))
}

/// Which bytes a file is that the page knows by this hash, so that it is not looked for again.
fn identity(engine: &Engine, name: &str, hex: &str) -> Option<Identity> {
    let named = engine.session().sources.iter().filter(|source| source.name == name);
    named.filter_map(|source| source.identity).find(|identity| identity.hex() == hex)
}

/// Puts a file into a bundle, slice by slice.
async fn put(
    writer: &mut Writer,
    name: &str,
    file: &Blob,
    identity: Option<Identity>,
    parts: &Array,
) -> Result<(), String> {
    let head = slice(file, 0.0, 16.0).await?.to_vec();
    let mut packer = identity.map_or_else(|| Packer::new(&head), |identity| Packer::known(&head, identity));
    let body = Array::new();
    let mut at = 0.0;
    while at < file.size() {
        let packed = packer.push(&slice(file, at, PIECE_BYTES).await?.to_vec());
        if !packed.is_empty() {
            // The browser may put it on the disk.
            let piece = Array::of1(&Uint8Array::from(packed.as_slice()));
            body.push(&Blob::new_with_u8_array_sequence(&piece).map_err(|_| unwritable())?.into());
        }
        at += PIECE_BYTES;
    }
    let is_stored = packer.is_stored();
    let (head, tail) = writer.input(name, packer)?;
    parts.push(&Uint8Array::from(head.as_slice()));
    if is_stored {
        parts.push(file);
    }
    body.iter().for_each(|piece| {
        parts.push(&piece);
    });
    parts.push(&Uint8Array::from(tail.as_slice()));
    Ok(())
}

/// A report. The page gives the parts of the site that it runs by.
async fn report(engine: &RefCell<Engine>, here: &Here, fragment: &str, given: &JsValue, which: &str) -> Made {
    let (bundle, verdict) = bundle(engine, here, fragment, given, which).await?;
    let site = field(given, "site");
    let mut parts = Vec::new();
    for key in Object::keys(site.unchecked_ref::<Object>()).iter() {
        let bytes = Uint8Array::new(&Reflect::get(&site, &key).unwrap_or_default()).to_vec();
        parts.push((key.as_string().unwrap_or_default(), bytes));
    }
    let shell = shell(&format!("Poolscope: {verdict}"), &parts)?;
    let out = Array::of1(&shell.head.as_str().into());
    let mut at = 0.0;
    while at < bundle.size() {
        let piece = Array::of1(&base64(&slice(&bundle, at, PIECE_BYTES).await?.to_vec()).into());
        out.push(&Blob::new_with_str_sequence(&piece).map_err(|_| unwritable())?.into());
        at += PIECE_BYTES;
    }
    out.push(&shell.tail.into());
    let name = stem(&engine.borrow(), which);
    named(&out, &format!("{name} report.html"), "text/html")
}

fn field(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap_or_default()
}

fn text(name: &str, ending: &str, text: &str) -> Made {
    named(&Array::of1(&text.into()), &file_name(name, ending), "text/plain;charset=utf-8")
}

fn file(parts: &[Vec<u8>], name: &str, mime: &str) -> Made {
    let parts: Array = parts.iter().map(|part| JsValue::from(Uint8Array::from(part.as_slice()))).collect();
    named(&parts, name, mime)
}

fn named(parts: &Array, name: &str, mime: &str) -> Made {
    let options = FilePropertyBag::new();
    options.set_type(mime);
    File::new_with_blob_sequence_and_options(parts, name, &options).map_err(|_| unwritable())
}

fn unwritable() -> String {
    "The browser has no room for this file. Close other tabs, or use the command: poolscope bundle, poolscope report."
        .to_owned()
}
