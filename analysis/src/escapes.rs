//! What the compiler says of escaping values, joined to the sites of a heap by source line.
//!
//! The compiler names files from where it was started, a profile by their whole path where they were built, or by import
//! path (`-trimpath`): they are the same where the package is, and their paths end alike. A stack's own line is that of its
//! leaf; where functions were inlined there, the compiler names the line of the outermost.

use rustc_hash::FxHashMap;

use crate::lens::SourceId;
use crate::model::record::{EscapeKind, EscapeNote, Record};
use crate::model::{Function, FunctionId, LocationId, StackId, StringId, Symbols};
use crate::projection::base_name;
use crate::session::Session;

/// All notes of a session that say why something lies on the heap, each once.
#[derive(Default)]
pub struct Escapes<'a> {
    /// The notes, in file order.
    pub notes: Vec<Noted<'a>>,
    /// How many parameters leak: they allocate nothing by themselves.
    pub leaking: u64,
    /// Some notes come with their way.
    pub has_flow: bool,
    /// Files by the last part of their paths.
    files: FxHashMap<&'a str, Vec<NotedFile<'a>>>,
}

/// A note and where it is from.
#[derive(Clone, Copy, Debug)]
pub struct Noted<'a> {
    /// The dump.
    pub source: SourceId,
    /// The note.
    pub note: &'a EscapeNote,
}

/// A source file of which there are notes.
struct NotedFile<'a> {
    path: &'a str,
    package: &'a str,
    /// Notes by line.
    lines: FxHashMap<u32, Vec<usize>>,
}

impl<'a> Escapes<'a> {
    /// Of all files; `None` when there are no notes at all.
    pub fn new(session: &'a Session) -> Option<Self> {
        let mut escapes = Self::default();
        let mut is_any = false;
        for (source, record) in session.records() {
            let Record::Escape(notes) = record else { continue };
            is_any = true;
            escapes.has_flow |= notes.has_flow;
            for note in &notes.notes {
                match note.kind {
                    EscapeKind::LeakingParam => escapes.leaking += 1,
                    EscapeKind::MovedToHeap | EscapeKind::EscapesToHeap => {
                        escapes.add(Noted { source: source.id, note });
                    }
                }
            }
        }
        is_any.then_some(escapes)
    }

    fn add(&mut self, noted: Noted<'a>) {
        let EscapeNote { file, line, column, subject, package, .. } = noted.note;
        let same = |other: &NotedFile<'_>| other.path == file || (alike(other.path, file) > 1 && agree(other, package));
        let files = self.files.entry(base_name(file)).or_default();
        let at = files.iter().position(same).unwrap_or_else(|| {
            files.push(NotedFile { path: file, package, lines: FxHashMap::default() });
            files.len() - 1
        });
        let Some(known) = files.get_mut(at) else { return };
        let on_line = known.lines.entry(*line).or_default();
        let is_known = |&at: &usize| {
            self.notes.get(at).is_some_and(|other| other.note.column == *column && other.note.subject == *subject)
        };
        // The same build as text and as JSON, or built twice; of the two, the one that tells its way.
        if let Some(&at) = on_line.iter().find(|at| is_known(at)) {
            if let Some(other) = self.notes.get_mut(at).filter(|other| other.note.flow.is_empty()) {
                *other = noted;
            }
            return;
        }
        on_line.push(self.notes.len());
        self.notes.push(noted);
    }

    /// Notes of a stack's own line, and that line: a function of the stack, and where in it.
    fn of_stack(&self, symbols: &Symbols, stack: StackId, known: &mut Matched) -> Option<(FunctionId, i64)> {
        let leaf = own_location(symbols, stack)?;
        if let Some(found) = known.get(&leaf) {
            return *found;
        }
        let lines = symbols.locations.get(leaf).lines.iter();
        let found = lines.filter_map(|line| Some((line.function?, line.line))).find(|&(function, line)| {
            symbols.functions.get(function).is_some_and(|function| !self.at(symbols, function, line).is_empty())
        });
        known.insert(leaf, found);
        found
    }

    /// Numbers of the notes of a line.
    pub fn at(&self, symbols: &Symbols, function: &Function, line: i64) -> &[usize] {
        let (name, path) = (symbols.strings.get(function.name), symbols.strings.get(function.file));
        let Ok(line) = u32::try_from(line) else { return &[] };
        let package = package(name);
        let files = self.files.get(base_name(path)).map_or(&[][..], Vec::as_slice);
        let of_package = |file: &&NotedFile<'_>| package == "main" || agree(file, &package);
        // A path from where the compiler was started ends the whole one; else enough must be alike to tell it from others.
        let fits = |file: &&NotedFile<'_>| {
            let same = alike(file.path, path);
            same > 1
                || (same == 1 && parts(file.path).count() == 1 && (package != "main" || is_folder(path, file.package)))
        };
        let fitting = files.iter().filter(of_package).filter(fits);
        let best = fitting.max_by_key(|file| alike(file.path, path));
        best.and_then(|file| file.lines.get(&line)).map_or(&[], Vec::as_slice)
    }

    /// Rows of stacks with their values, summed up by the line that the compiler has something to say of; what it has
    /// nothing to say of is left out. `N` values a row.
    pub fn join<const N: usize>(
        &self,
        symbols: &Symbols,
        rows: impl Iterator<Item = (StackId, [i64; N])>,
    ) -> Vec<EscapeLine<N>> {
        let mut known = Matched::default();
        // A function has several rows where a text and a binary profile name it.
        let mut places: FxHashMap<(Option<[StringId; 2]>, i64), usize> = FxHashMap::default();
        let mut lines: Vec<EscapeLine<N>> = Vec::new();
        for (stack, values) in rows {
            let Some((function, line)) = self.of_stack(symbols, stack, &mut known) else { continue };
            let next = lines.len();
            let named = symbols.functions.get(function).map(|function| [function.name, function.file]);
            let at = *places.entry((named, line)).or_insert(next);
            if at == next {
                lines.push(EscapeLine { function, line, stack, values: [0; N], largest: i64::MIN });
            }
            let Some(sum) = lines.get_mut(at) else { continue };
            sum.values.iter_mut().zip(values).for_each(|(sum, value)| *sum = sum.wrapping_add(value));
            let weight = values.iter().copied().max().unwrap_or(0);
            if weight > sum.largest {
                (sum.largest, sum.stack) = (weight, stack);
            }
        }
        lines
    }
}

type Matched = FxHashMap<LocationId, Option<(FunctionId, i64)>>;

/// A line of source, what the heap says of it.
#[derive(Clone, Copy, Debug)]
pub struct EscapeLine<const N: usize> {
    /// The function that the line stands in.
    pub function: FunctionId,
    /// The line.
    pub line: i64,
    /// The stack with the largest value.
    pub stack: StackId,
    /// Sums.
    pub values: [i64; N],
    largest: i64,
}

/// Where a stack allocates: its leaf, but for the runtime's own frames.
fn own_location(symbols: &Symbols, stack: StackId) -> Option<LocationId> {
    let is_runtime = |location: &&LocationId| {
        let mut names = symbols.function_names(std::slice::from_ref(location)).map(|name| symbols.strings.get(name));
        names.any(|name| name.starts_with("runtime.") || name.starts_with("internal/runtime/"))
    };
    symbols.stacks.get(stack).iter().find(|location| !is_runtime(location)).copied()
}

/// Import path of a function: `a.b/c` of `a.b/c.(*T[d/e.U]).f`.
fn package(function: &str) -> String {
    let head = function.split('[').next().unwrap_or(function);
    let from = head.rfind('/').map_or(0, |slash| slash + 1);
    let dot = head.get(from..).and_then(|last| last.find('.')).map_or(head.len(), |dot| from + dot);
    // The linker writes dots of the last part so (cmd/internal/objabi, PathToPrefix).
    head.get(..dot).unwrap_or(head).replace("%2e", ".")
}

/// Whether a file may be of a package: where the notes do not tell of which it is, it may.
fn agree(file: &NotedFile<'_>, package: &str) -> bool {
    let is_told = |package: &str| !package.is_empty() && package != "command-line-arguments";
    !is_told(file.package) || !is_told(package) || file.package == package
}

/// Whether the folder of a path is called as the last part of a package.
fn is_folder(path: &str, package: &str) -> bool {
    let folder = parts(path).nth(1);
    package.is_empty() || package == "command-line-arguments" || folder == package.rsplit('/').next()
}

/// Parts of a path from its end; `.` and `..` lead where nobody knows.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.rsplit('/').take_while(|part| !matches!(*part, "" | "." | ".."))
}

/// How many last parts of two paths are the same.
fn alike(a: &str, b: &str) -> usize {
    parts(a).zip(parts(b)).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_told_from_functions() {
        assert_eq!(package("a.b/c.(*T[d/e.U]).f"), "a.b/c");
        assert_eq!(package("gopkg.in/yaml%2ev3.Unmarshal"), "gopkg.in/yaml.v3");
        assert_eq!(package("main.main.func1"), "main");
    }

    #[test]
    fn paths_are_alike_from_their_end() {
        assert_eq!(alike("./main.go", "/srv/app/main.go"), 1);
        assert_eq!(alike("../rec/rec.go", "/srv/rec/rec.go"), 2);
        assert_eq!(alike("a/main.go", "/srv/b/main.go"), 1);
        assert!(
            is_folder("/srv/app/main.go", "example.com/app") && !is_folder("/srv/app/main.go", "example.com/other")
        );
    }
}
