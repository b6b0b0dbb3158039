//! The page before any file: a drop zone, samples, and what can be read.

use js_sys::{Array, Function, JSON, Promise, Reflect, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DataTransfer, File, FileList, FileSystemDirectoryEntry, FileSystemEntry, FileSystemFileEntry, Response};

use crate::client::Client;
use crate::format::value;
use crate::keys::click;
use crate::live::{either, list, on};
use crate::made::MadePage;
use crate::state::{Looking, ViewState};

/// One sample session (public/samples/samples.json).
#[derive(Clone)]
struct Sample {
    name: String,
    words: String,
    files: Vec<SampleFile>,
    inuse_mb: Vec<f64>,
}

#[derive(Clone)]
struct SampleFile {
    name: String,
    bytes: f64,
}

/// The page.
#[component]
pub(crate) fn Empty() -> impl IntoView {
    let looking = expect_context::<Looking>();
    let samples = RwSignal::new(Vec::<Sample>::new());
    spawn_local(async move {
        let found =
            fetch("./samples/samples.json").await.and_then(|bytes| samples_in(&String::from_utf8_lossy(&bytes)));
        samples.try_set(found.unwrap_or_default());
    });
    let is_shared = move || looking.shared.with(|text| !text.is_empty());
    let awaits = move || is_shared() || looking.state.with(|state| !state.files().is_empty());
    let named = move || {
        view! {
            <main class="stage"><div class="drop" data-testid="drop-zone">
                {either(is_shared, || view! { <p class="dim">"Opening the analysis in this link."</p> }, || view! { <MadePage part="missing"/> })}
            </div></main>
        }
    };
    let capture = move || {
        view! {
            <main class="alone" aria-label="Capture" data-testid="capture-first">
                <div class="hd"><a class="btn" href="#v=1">"Back"</a><span class="dim">"Run the script where your program runs, then drop the archive that it leaves anywhere on this page."</span></div>
                <MadePage/>
            </main>
        }
    };
    let first = move || {
        view! {
            <main class="stage">
                <div class="drop">
                    <div class="zone" data-testid="drop-zone">
                        <svg width="44" height="30" viewBox="0 0 44 30" aria-hidden="true">
                            <path d="M1 9v20h42V9" fill="none" stroke="var(--line-2)" stroke-width="1.5"/><path d="M1 20h42" stroke="var(--ink-3)" stroke-width="1.5"/>
                            <rect x="18" y="1" width="8" height="8" fill="var(--an-get)"/><path d="M22 12v5m-3-3l3 3l3-3" fill="none" stroke="var(--ink-3)" stroke-width="1.5"/>
                        </svg>
                        <h1>"Drop what your program left"</h1>
                        <p>"Heap profiles, traces, logs: all at once. One heap shows what is held, two show what grows."</p>
                        <div class="row">
                            <button class="btn prime" on:click=on(|_| click("[data-testid=file-input]"))>"Choose files " <kbd>"O"</kbd></button>
                            <FolderButton/>
                            <a class="btn lg" data-testid="capture" href="#v=1&view=files&page=capture" title="One script collects everything that can be read here">"Capture script"</a>
                        </div>
                    </div>
                    <div class="priv">
                        <svg width="12" height="14" viewBox="0 0 12 14" aria-hidden="true"><rect x="1" y="6" width="10" height="7" fill="none" stroke="currentColor" stroke-width="1.25"/><path d="M3.5 6V4a2.5 2.5 0 0 1 5 0v2" fill="none" stroke="currentColor" stroke-width="1.25"/></svg>
                        "Nothing leaves this machine. Files are read in this tab."
                        <button class="link" data-keep="settings">"Keep files here"</button>
                    </div>
                    <div class="samples">
                        <h2>"Or open a sample: real profiles of small programs"</h2>
                        // Taken up by `public/guide`.
                        <button class="link guided" data-tour="" data-testid="tour-start">"New here? Read inuse and alloc on a guided sample"</button>
                        {list(move || samples.get(), |sample| view! { <SampleRow sample/> })}
                    </div>
                    <div class="fmt">
                        <span>"Reads"</span><span class="mid">"Profiles of every Go version, as pprof or as text (debug=1, debug=2), and its execution traces, crashes and race reports; gctrace logs, MemStats, expvar, Prometheus; what the compiler says (-gcflags=-m); smaps, cgroups, kmem events; jemalloc, DHAT, thread dumps; GC logs, jstat, class histograms of Java; records of native pools; zip and tar of them"</span>
                        <span>"Capture"</span><span><code>"curl -so heap.0.pb.gz localhost:6060/debug/pprof/heap"</code></span>
                        <span>"and later"</span><span><code>"curl -so heap.1.pb.gz localhost:6060/debug/pprof/heap"</code></span>
                    </div>
                </div>
            </main>
        }
    };
    either(awaits, named, move || either(move || looking.state.with(ViewState::is_capture), capture, first))
}

#[component]
fn FolderButton() -> impl IntoView {
    let client = expect_context::<Client>();
    view! {
        <label class="btn lg folder">"Open folder"
            <input type="file" class="hidden" prop:webkitdirectory=true multiple aria-label="Open folder"
                on:change=on(move |event| {
                    let input = event_target::<web_sys::HtmlInputElement>(&event);
                    let list = input.files();
                    let most = MOST_FILES as u32;
                    match list.filter(|list| list.length() > 0) {
                        Some(list) if list.length() > most => client.say(too_many("this folder")),
                        list => client.open(list.map(|list| files_of_list(&list)).unwrap_or_default()),
                    }
                    // The same may be chosen again.
                    input.set_value("");
                })/>
        </label>
    }
}

#[component]
fn SampleRow(sample: Sample) -> impl IntoView {
    let client = expect_context::<Client>();
    let size: f64 = sample.files.iter().map(|file| file.bytes).sum();
    let series: Vec<i64> = sample.inuse_mb.iter().map(|mb| (mb * 100.0) as i64).collect();
    let points = crate::format::sparkline(&series, 104.0, 17.0);
    let files = sample.files.clone();
    let folder = sample.name.clone();
    let open = move |_| {
        let (files, folder) = (files.clone(), folder.clone());
        spawn_local(async move {
            let mut opened = Vec::new();
            for file in &files {
                let Some(bytes) = fetch(&format!("./samples/{folder}/{}", file.name)).await else { continue };
                let parts = Array::of1(&Uint8Array::from(bytes.as_slice()));
                opened.extend(File::new_with_u8_array_sequence(&parts, &file.name).ok());
            }
            client.open(opened);
        });
    };
    view! {
        <button class="sample" data-testid="sample" data-name=sample.name.clone() on:click=on(open)>
            <b>{sample.name.clone()}</b><span class="words">{sample.words.clone()}</span>
            <svg width="110" height="22" viewBox="-3 -2 110 22" aria-hidden="true"><path d="M0 18H104" stroke="var(--line)"/><polyline points=points fill="none" stroke="var(--ink-2)" stroke-width="1.25"/></svg>
            <span class="n">{format!("{} files, {}", sample.files.len(), value("bytes", size as i64))}</span>
        </button>
    }
}

/// Reads the manifest with the browser's own JSON, which costs the page no code.
fn samples_in(text: &str) -> Option<Vec<Sample>> {
    let get = |of: &JsValue, key: &str| Reflect::get(of, &key.into()).unwrap_or_default();
    let list = |of: &JsValue, key: &str| Array::from(&get(of, key)).to_vec();
    let text_of = |of: &JsValue, key: &str| get(of, key).as_string().unwrap_or_default();
    let file =
        |file: &JsValue| SampleFile { name: text_of(file, "name"), bytes: get(file, "bytes").as_f64().unwrap_or(0.0) };
    let sample = |sample: JsValue| Sample {
        name: text_of(&sample, "name"),
        words: text_of(&sample, "words"),
        files: list(&sample, "files").iter().map(file).collect(),
        inuse_mb: list(&sample, "inuse_mb").iter().filter_map(JsValue::as_f64).collect(),
    };
    Some(Array::from(&JSON::parse(text).ok()?).to_vec().into_iter().map(sample).collect())
}

async fn fetch(address: &str) -> Option<Vec<u8>> {
    let response: Response = JsFuture::from(window().fetch_with_str(address)).await.ok()?.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    let buffer = JsFuture::from(response.array_buffer().ok()?).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

/// The files of a list, in its order; those of a folder by their path.
pub(crate) fn files_of_list(list: &FileList) -> Vec<File> {
    let named = |file: File| {
        let path = Reflect::get(&file, &"webkitRelativePath".into()).ok().and_then(|path| path.as_string());
        path.filter(|path| !path.is_empty()).map_or(Some(file.clone()), |path| at_path(&file, &path))
    };
    (0..list.length()).filter_map(|at| list.item(at)).filter_map(named).collect()
}

/// A file by the path that it has in a folder; `None` for hidden ones, which systems put beside files.
fn at_path(file: &File, path: &str) -> Option<File> {
    let path = path.trim_start_matches('/');
    let is_hidden = path.split('/').any(|part| part.starts_with('.'));
    (!is_hidden).then(|| File::new_with_blob_sequence(&Array::of1(file), path).ok())?
}

/// The files of a drop, those in dropped folders too, however deep; `found` is called once for what lies there plainly, and
/// once a folder, with words about what of it was left out.
pub(crate) fn files_of_transfer(transfer: &DataTransfer, found: impl Fn(Vec<File>, String) + Copy + 'static) {
    let items = transfer.items();
    let folders: Vec<FileSystemDirectoryEntry> = (0..items.length())
        .filter_map(|at| items.get(at)?.webkit_get_as_entry().ok()?)
        .filter(FileSystemEntry::is_directory)
        .map(JsCast::unchecked_into)
        .collect();
    let plain = transfer.files().map(|list| files_of_list(&list)).unwrap_or_default();
    let is_folder = |file: &File| folders.iter().any(|folder| folder.name() == file.name());
    found(plain.into_iter().filter(|file| !is_folder(file)).collect(), String::new());
    follow(folders, found);
}

/// Files and folders that were dropped before the page was there (`public/boot.js`).
pub(crate) fn files_of_early(dropped: &Array, found: impl Fn(Vec<File>, String) + Copy + 'static) {
    let (files, folders): (Vec<JsValue>, Vec<_>) = dropped.iter().partition(|one| one.has_type::<File>());
    found(files.into_iter().map(JsCast::unchecked_into).collect(), String::new());
    follow(folders.into_iter().map(JsCast::unchecked_into), found);
}

fn follow(
    folders: impl IntoIterator<Item = FileSystemDirectoryEntry>,
    found: impl Fn(Vec<File>, String) + Copy + 'static,
) {
    for folder in folders {
        spawn_local(async move {
            let (files, words) = files_under(folder).await;
            found(files, words);
        });
    }
}

/// Files of one folder: more than any folder of dumps has, fewer than a whole disk. The command takes as many.
const MOST_FILES: usize = 10_000;

fn too_many(folder: &str) -> String {
    format!(
        "There are more than {} files in {folder}: none of them was opened. Drop a smaller folder, or the files themselves.",
        analysis::words::number(MOST_FILES as u64)
    )
}

/// Every file in a folder and the folders in it, and words about what could not be had.
async fn files_under(folder: FileSystemDirectoryEntry) -> (Vec<File>, String) {
    let name = folder.name();
    let (mut folders, mut found) = (vec![folder], Vec::<FileSystemFileEntry>::new());
    while let Some(folder) = folders.pop() {
        let reader = folder.create_reader();
        // A browser gives a hundred or so at a time, and none at the end.
        while let Ok(entries) =
            called(|done, failed| reader.read_entries_with_callback_and_callback(done, failed)).await
        {
            let entries = Array::from(&entries);
            if entries.length() == 0 {
                break;
            }
            for entry in entries.iter().map(JsCast::unchecked_into::<FileSystemEntry>) {
                if entry.is_directory() {
                    folders.push(entry.unchecked_into());
                } else {
                    found.push(entry.unchecked_into());
                }
            }
            if found.len() > MOST_FILES {
                return (Vec::new(), too_many(&name));
            }
        }
    }
    let (mut files, mut unreadable) = (Vec::new(), 0_u64);
    for entry in found {
        let got = called(|done, failed| {
            entry.file_with_callback_and_callback(done, failed);
            Ok(())
        });
        match got.await {
            Ok(file) => files.extend(at_path(file.unchecked_ref(), &entry.full_path())),
            Err(_) => unreadable += 1,
        }
    }
    let words = match unreadable {
        0 => String::new(),
        n => format!("{} files in {name} could not be read, and were left out.", analysis::words::number(n)),
    };
    (files, words)
}

/// What a function of the browser gives that calls back.
async fn called(call: impl FnOnce(&Function, &Function) -> Result<(), JsValue>) -> Result<JsValue, JsValue> {
    let mut call = Some(call);
    let promise = Promise::new(&mut |done, failed| {
        if let Some(Err(error)) = call.take().map(|call| call(&done, &failed)) {
            // It failed at once.
            let _ = failed.call1(&JsValue::NULL, &error);
        }
    });
    JsFuture::from(promise).await
}
