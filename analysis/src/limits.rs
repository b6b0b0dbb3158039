//! What a reader takes at most, of everything, in one place. What is beyond is refused or cut, in words that name the limit and
//! say the way round; `docs/reliability.md` has all of it as a table, which a test holds against [`ALL`].

/// A ceiling, as the table has it.
pub struct Limit {
    /// Who reads.
    pub reader: &'static str,
    /// What is counted.
    pub what: &'static str,
    /// The most of it.
    pub most: u64,
    /// What becomes of more.
    pub beyond: &'static str,
}

/// The largest file of the page: its WASM memory ends at 4 GiB, and decoded columns need room beside the file.
pub const PAGE_FILE_BYTES: u64 = 1536 << 20;
/// The largest trace of the page, inflated. Half a GiB of 4 is kept for lanes and tables that are looked at. Of the rest a
/// trace takes five bytes for each of its own, and 0.3 GB besides (tabs with 256 MB and with 720 MB, measured;
/// docs/benchmarks.md).
pub const PAGE_TRACE_BYTES: u64 = 650 << 20;
/// The largest input of the command: rows of tables are counted in 32 bits, and no profile or trace seen comes near.
pub const COMMAND_INPUT_BYTES: u64 = 4 << 30;

/// The most that one file may inflate to in the page: a quarter of WASM memory leaves room for the decoded columns and for
/// other files.
const PAGE_INFLATED_BYTES: u64 = 1 << 30;
/// And in the command: far above any profile seen, and still a bound.
const COMMAND_INFLATED_BYTES: u64 = 8 << 30;
pub(crate) const INFLATED_BYTES: usize = here(PAGE_INFLATED_BYTES, COMMAND_INFLATED_BYTES);
/// Profiles seen shrink 3 to 30 times; deflate itself ends at 1032. What shrinks more than this is no profile.
pub(crate) const INFLATED_RATIO: usize = 200;
/// Small files may be very repetitive without doing harm.
pub(crate) const ALWAYS_INFLATED_BYTES: usize = 64 << 20;

/// Members of an archive: far above any folder of dumps, and still a list that a person can look through.
pub(crate) const ARCHIVE_MEMBERS: usize = 2_000;
/// What all members together may come to.
pub(crate) const ARCHIVE_BYTES: usize = INFLATED_BYTES;
/// Archives in archives.
pub(crate) const ARCHIVE_DEPTH: u8 = 1;

/// The longest name, path, label or other string: lines of text end there too.
pub(crate) const STRING_BYTES: usize = 64 << 10;
/// The deepest stack: Go records 128 frames, perf and async-profiler some thousand.
pub(crate) const STACK_FRAMES: usize = 4096;

/// Columns of a profile: pprof's own have at most four.
pub(crate) const PROFILE_TYPES: usize = 64;
/// What the columns of one profile may take in the page, and in the command.
const PAGE_COLUMN_BYTES: u64 = 1 << 30;
const COMMAND_COLUMN_BYTES: u64 = 32 << 30;
pub(crate) const COLUMN_BYTES: usize = here(PAGE_COLUMN_BYTES, COMMAND_COLUMN_BYTES);
/// Values that a profile may leave out, which are read as 0.
pub(crate) const VALUES_LEFT_OUT: usize = 128 << 10;

/// JSON with memory statistics: no object comes near this size.
pub(crate) const JSON_BYTES: usize = 64 << 20;
/// Logs of collectors in one file.
pub(crate) const LOGS: usize = 256;
/// Processes in one file of scrapes.
pub(crate) const SCRAPED_PROCESSES: usize = 64;

/// Events of a pool's dump: with their replay some 60 bytes each, and a browser tab has 4 GiB for everything.
const PAGE_POOL_EVENTS: u64 = 30_000_000;
/// What 32-bit row numbers count.
const COMMAND_POOL_EVENTS: u64 = u32::MAX as u64;
pub(crate) const POOL_EVENTS: usize = here(PAGE_POOL_EVENTS, COMMAND_POOL_EVENTS);
/// Pools that are told apart: no program has a hundredth of it.
pub(crate) const POOLS: usize = 1 << 16;

/// An analysis: the longest text that is looked at. Bundles and reports hold analyses that are larger than a link's.
pub(crate) const ANALYSIS_TEXT_BYTES: usize = 4 << 20;
/// The most that it may inflate to: thrice what the largest analyses made do.
pub(crate) const ANALYSIS_INFLATED_BYTES: usize = 8 << 20;
/// What its lists and texts may take.
pub(crate) const ANALYSIS_MEMORY: usize = 64 << 20;
/// Deeper stacks are cut when it is made: pprof itself keeps some hundred calls.
pub(crate) const ANALYSIS_DEPTH: u32 = 512;
/// Calls of all stacks of all profiles together.
pub(crate) const ANALYSIS_CALLS: usize = 8 << 20;

/// What was looked at, in a bundle: nothing longer was written.
pub(crate) const BUNDLE_STATE_BYTES: usize = 64 << 10;

/// Of the page where this runs in one, else of the command.
const fn here(page: u64, command: u64) -> usize {
    if cfg!(target_pointer_width = "32") { page as usize } else { command as usize }
}

const fn limit(reader: &'static str, what: &'static str, most: u64, beyond: &'static str) -> Limit {
    Limit { reader, what, most, beyond }
}

const REFUSED: &str = "refused";
const LEFT_OUT: &str = "what comes after is left out";
const CUT: &str = "cut, and counted";

/// Every ceiling.
pub const ALL: &[Limit] = &[
    limit("every file", "bytes, page", PAGE_FILE_BYTES, REFUSED),
    limit("every file", "bytes, command", COMMAND_INPUT_BYTES, REFUSED),
    limit("every file", "inflated bytes, page", PAGE_INFLATED_BYTES, REFUSED),
    limit("every file", "inflated bytes, command", COMMAND_INFLATED_BYTES, REFUSED),
    limit("every file", "times it inflates", INFLATED_RATIO as u64, REFUSED),
    limit("every file", "inflated bytes at any ratio", ALWAYS_INFLATED_BYTES as u64, "the ratio counts"),
    limit("every file", "bytes of a string", STRING_BYTES as u64, CUT),
    limit("every file", "frames of a stack", STACK_FRAMES as u64, CUT),
    limit("archive", "members", ARCHIVE_MEMBERS as u64, LEFT_OUT),
    limit("archive", "archives in archives", ARCHIVE_DEPTH as u64, REFUSED),
    limit("pprof", "sample types", PROFILE_TYPES as u64, REFUSED),
    limit("pprof", "bytes of columns, page", PAGE_COLUMN_BYTES, LEFT_OUT),
    limit("pprof", "bytes of columns, command", COMMAND_COLUMN_BYTES, LEFT_OUT),
    limit("pprof", "values left out by samples", VALUES_LEFT_OUT as u64, LEFT_OUT),
    limit("Go trace", "bytes, page", PAGE_TRACE_BYTES, REFUSED),
    limit("memory statistics", "bytes of JSON", JSON_BYTES as u64, REFUSED),
    limit("memory statistics", "processes in scrapes", SCRAPED_PROCESSES as u64, LEFT_OUT),
    limit("logs of collectors", "processes in a file", LOGS as u64, LEFT_OUT),
    limit("pool dump", "events, page", PAGE_POOL_EVENTS, LEFT_OUT),
    limit("pool dump", "events, command", COMMAND_POOL_EVENTS, LEFT_OUT),
    limit("pool dump", "pools", POOLS as u64, "told with the last"),
    limit("analysis in a link", "bytes of text", ANALYSIS_TEXT_BYTES as u64, REFUSED),
    limit("analysis in a link", "inflated bytes", ANALYSIS_INFLATED_BYTES as u64, REFUSED),
    limit("analysis in a link", "bytes of memory", ANALYSIS_MEMORY as u64, REFUSED),
    limit("analysis in a link", "depth", ANALYSIS_DEPTH as u64, REFUSED),
    limit("analysis in a link", "calls", ANALYSIS_CALLS as u64, REFUSED),
    limit("bundle", "bytes of the view", BUNDLE_STATE_BYTES as u64, "the view is left out"),
];
