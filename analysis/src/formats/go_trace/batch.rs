//! Batches and the generations that they make up, told from their headers alone: the data is skipped over.

use super::version::HEADER_BYTES;
use super::wire::frame;
use crate::formats::cursor::{Broken, Cursor, What};

/// The most that a batch may hold (tracev2, `MaxBatchSize`).
const MAX_BATCH_BYTES: u64 = 64 << 10;
/// How far ahead the generation after a damage may be numbered: one a second, for an hour of damage.
const FAR_AHEAD: u64 = 3600;
/// What a header can take at most: code, experiment, and four numbers of ten bytes.
const MAX_HEADER_BYTES: usize = 42;

/// A batch: whose it is, when it began, and where its data lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batch {
    /// 0 but for batches of an experiment.
    pub(super) experiment: u8,
    /// The first byte of the data says what sort of batch it is.
    pub(super) sort: u8,
    pub(super) thread: u64,
    pub(super) ticks: u64,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Batch {
    /// Whether it holds events of a thread, and no table (internal/trace, `processBatch`).
    pub(super) fn has_events(&self, minor: u8) -> bool {
        let is_table = match self.sort {
            frame::STRINGS | frame::STACKS | frame::CPU_SAMPLES => true,
            frame::FREQUENCY => minor < 25,
            frame::SYNC => minor >= 25,
            _ => false,
        };
        self.experiment == 0 && !is_table
    }
}

/// All batches of a generation, in file order.
#[derive(Clone, Default)]
pub(super) struct Generation {
    pub(super) number: u64,
    pub(super) min_ticks: u64,
    pub(super) batches: Vec<Batch>,
}

/// What comes next in a trace.
pub(super) enum Next {
    /// More bytes must come first.
    More,
    /// A whole generation.
    Generation(Generation),
    /// Something is broken at that byte; what was being read of a generation is lost where `lost` names it. The search
    /// goes on behind it.
    Damage { at: usize, words: String, lost: Option<u64> },
    /// Nothing follows.
    End,
}

/// Finds generation after generation.
pub(super) struct Splitter {
    has_end_marks: bool,
    /// Where the next header is.
    at: usize,
    current: Generation,
    /// A damage was met: what follows is searched for a header.
    is_lost: bool,
    /// Generations up to this one are over.
    last: u64,
    /// A generation is whole, and a damage follows it.
    pending: Option<(usize, String)>,
    is_done: bool,
}

enum Header {
    EndOfGeneration,
    Batch(u64, Batch),
}

impl Splitter {
    pub(super) fn new(minor: u8) -> Self {
        Self {
            has_end_marks: minor >= 26,
            at: HEADER_BYTES,
            current: Generation::default(),
            is_lost: false,
            last: 0,
            pending: None,
            is_done: false,
        }
    }

    /// Everything before is not looked at again, but for the batches of the generation being read.
    pub(super) fn held_from(&self) -> usize {
        self.current.batches.first().map_or(self.at, |batch| batch.start)
    }

    /// The first `count` bytes are gone.
    pub(super) fn forget(&mut self, count: usize) {
        self.at -= count.min(self.at);
        for batch in &mut self.current.batches {
            batch.start -= count.min(batch.start);
            batch.end -= count.min(batch.end);
        }
    }

    /// What comes next in `bytes`, of which more may come unless `is_whole`.
    pub(super) fn next(&mut self, bytes: &[u8], is_whole: bool) -> Next {
        if let Some((at, words)) = self.pending.take() {
            return Next::Damage { at, words, lost: None };
        }
        loop {
            if self.is_done {
                return Next::End;
            }
            if self.is_lost {
                match self.find_next_generation(bytes, is_whole) {
                    Some(at) => (self.at, self.is_lost) = (at, false),
                    None if is_whole => self.is_done = true,
                    None => return Next::More,
                }
                continue;
            }
            if self.at >= bytes.len() {
                if !is_whole {
                    return Next::More;
                }
                self.is_done = true;
                return self.end_of_file(bytes.len());
            }
            let (number, batch, after) = match header(bytes, self.at) {
                Ok((Header::EndOfGeneration, after)) => {
                    self.at = after;
                    // Between generations, where one was damaged, a lone mark says nothing.
                    if self.current.number == 0 {
                        continue;
                    }
                    return Next::Generation(self.take());
                }
                Ok((Header::Batch(number, batch), after)) => (number, batch, after),
                Err(broken) if !is_whole && is_cut(&broken, bytes.len() - self.at) => return Next::More,
                Err(broken) => return self.damage(bytes, broken),
            };
            if number == 0 {
                return self.lose("a batch has the generation number 0, which no Go writes".to_owned());
            }
            if self.current.number == 0 {
                self.current.number = number;
            } else if number != self.current.number {
                // Before Go 1.26 a generation ends where a batch of the next one begins.
                if !self.has_end_marks && self.current.number.checked_add(1) == Some(number) {
                    return Next::Generation(self.take());
                }
                let words = format!(
                    "a batch of generation {number} stands among those of generation {}: generations are out of order",
                    self.current.number
                );
                return self.break_off(words);
            }
            self.at = after;
            let current = &mut self.current;
            if current.min_ticks == 0 || batch.ticks < current.min_ticks {
                current.min_ticks = batch.ticks;
            }
            current.batches.push(batch);
        }
    }

    fn take(&mut self) -> Generation {
        self.last = self.current.number;
        std::mem::take(&mut self.current)
    }

    fn end_of_file(&mut self, at: usize) -> Next {
        if self.current.batches.is_empty() {
            return Next::End;
        }
        if !self.has_end_marks {
            return Next::Generation(self.take());
        }
        let lost = Some(self.take().number);
        let words = "the file ends inside a generation, before the mark that ends it".to_owned();
        Next::Damage { at, words, lost }
    }

    /// The header at `self.at` cannot be read.
    fn damage(&mut self, bytes: &[u8], broken: Broken) -> Next {
        let words = match (bytes.get(self.at..), broken.what) {
            (Some(rest), _) if super::version::looks_like(rest) => {
                self.is_done = true;
                "a second trace begins: two files were put together; open each by itself".to_owned()
            }
            (_, What::Ends | What::PastEnd { .. }) => "the file ends inside a batch".to_owned(),
            (Some([code, ..]), What::WireType(_)) => format!("a batch should begin, and code {code} stands there"),
            (_, what) => format!("the head of a batch is broken: {what}"),
        };
        self.break_off(words)
    }

    /// The generation can't go on. Before Go 1.26 what was read of it may be all of it.
    fn break_off(&mut self, words: String) -> Next {
        if self.has_end_marks || self.current.number == 0 {
            return self.lose(words);
        }
        self.is_lost = true;
        self.pending = Some((self.at, words));
        Next::Generation(self.take())
    }

    fn lose(&mut self, words: String) -> Next {
        self.is_lost = true;
        let lost = Some(self.take().number).filter(|&number| number != 0);
        Next::Damage { at: self.at, words, lost }
    }

    /// Where the first batch of a later generation is: a header whose batch is followed by another header or the end.
    fn find_next_generation(&mut self, bytes: &[u8], is_whole: bool) -> Option<usize> {
        for at in self.at..bytes.len() {
            let starts = matches!(bytes.get(at), Some(&(frame::BATCH | frame::EXPERIMENTAL_BATCH)));
            if !starts {
                continue;
            }
            // Two headers and the data between them must be there to be judged.
            if !is_whole && bytes.len() - at < 2 * MAX_HEADER_BYTES + MAX_BATCH_BYTES as usize {
                self.at = at;
                return None;
            }
            let Ok((Header::Batch(number, batch), after)) = header(bytes, at) else { continue };
            let is_later = number > self.last && number - self.last <= FAR_AHEAD;
            let is_followed = after == bytes.len()
                || match header(bytes, after) {
                    Ok((Header::Batch(next, _), _)) => next == number || number.checked_add(1) == Some(next),
                    Ok((Header::EndOfGeneration, _)) => true,
                    Err(_) => false,
                };
            if is_later && is_followed && batch.end > batch.start {
                return Some(at);
            }
        }
        self.at = bytes.len();
        None
    }
}

/// Whether the bytes may only be too few.
fn is_cut(broken: &Broken, left: usize) -> bool {
    match broken.what {
        What::Ends => left < MAX_HEADER_BYTES,
        What::PastEnd { .. } => true,
        // What stands there may be the header of a second trace.
        What::WireType(_) => left < HEADER_BYTES,
        _ => false,
    }
}

fn header(bytes: &[u8], at: usize) -> Result<(Header, usize), Broken> {
    let mut cursor = Cursor::new(bytes.get(at..).unwrap_or(&[]));
    let code = cursor.byte()?;
    let experiment = match code {
        frame::END_OF_GENERATION => return Ok((Header::EndOfGeneration, at + 1)),
        frame::BATCH => 0,
        frame::EXPERIMENTAL_BATCH => cursor.byte()?,
        other => return Err(Broken { offset: at, what: What::WireType(other) }),
    };
    let (number, thread, ticks) = (cursor.varint()?, cursor.varint()?, cursor.varint()?);
    let mut peek = cursor.clone();
    let declared = peek.varint()?;
    if declared > MAX_BATCH_BYTES {
        return Err(Broken { offset: at, what: What::TooLong { declared, most: MAX_BATCH_BYTES } });
    }
    let data = cursor.delimited()?;
    let end = at + cursor.offset();
    let sort = data.first().copied().unwrap_or(0);
    let batch = Batch { experiment, sort, thread, ticks, start: end - data.len(), end };
    Ok((Header::Batch(number, batch), end))
}
