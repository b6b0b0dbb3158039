//! The page: it draws. The engine runs in workers, which are modules of their own.

// The component macro makes its properties public.
#![allow(unreachable_pub)]

mod app;
mod canvas;
mod client;
mod empty;
mod export;
mod file_entry;
mod filter_bar;
mod findings;
mod format;
mod heap;
mod inspector;
mod keep;
mod keys;
mod live;
mod made;
mod markup;
mod other;
mod palette;
mod parts;
mod performance;
mod rail;
mod sheet;
mod state;
mod states;
mod status;
mod theme;
mod timeline;
mod watch;
mod worker;

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(app::App);
}
