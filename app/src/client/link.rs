//! What cannot be in a signal: handles of the browser, and what is done when it answers.

use std::cell::RefCell;
use std::collections::HashMap;

use analysis::query::Answer;
use heap_worker::ToHeap;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, File, Worker};

use super::opening::Opening;
use crate::worker;

/// Told why a file was not made, or given it.
type MadeFile = Box<dyn FnOnce(String, JsValue)>;
type Answered = Box<dyn FnOnce(Result<Answer, String>)>;

/// What cannot be in a signal: handles of the browser.
#[derive(Default)]
pub(super) struct Link {
    pub(super) worker: Option<Worker>,
    /// How many workers there have been: what an older one still has to say is not heard.
    pub(super) generation: u32,
    pub(super) is_ready: bool,
    /// Messages for a worker that is not ready.
    pub(super) unsent: Vec<(ToHeap, JsValue)>,
    pub(super) asked: HashMap<u32, Answered>,
    /// Pages that are being made.
    pub(super) pages: HashMap<u32, Box<dyn FnOnce(String)>>,
    /// Files that are being made.
    pub(super) made: HashMap<u32, MadeFile>,
    /// What the engine was told to open: files, once it is known that they are for it, and what traces tell.
    pub(super) handles: HashMap<u32, Blob>,
    /// Files as they were dropped, traces too.
    pub(super) dropped: HashMap<u32, File>,
    pub(super) next: u32,
    /// The analysis that the link holds is open.
    pub(super) is_shared_open: bool,
    /// Engines that did not start, or died while no file was read, since files were opened.
    pub(super) deaths: u32,
    /// What is done once a file is read.
    pub(super) then: Vec<(u32, Box<dyn FnOnce()>)>,
    /// The files that are being opened, until their answer is painted.
    pub(super) opening: Option<Opening>,
}

thread_local! {
    pub(super) static LINK: RefCell<Link> = RefCell::default();
}

pub(super) fn next_key() -> u32 {
    LINK.with_borrow_mut(|link| {
        link.next += 1;
        link.next
    })
}

pub(super) fn send(message: ToHeap, handle: JsValue) {
    LINK.with_borrow_mut(|link| match &link.worker {
        Some(worker) if link.is_ready => worker::post(worker, &message, &handle, false),
        _ => link.unsent.push((message, handle)),
    });
}
