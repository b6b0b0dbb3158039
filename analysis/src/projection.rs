//! Which nodes a location stands for: granularity, `noinlines`, and the frames that `hide`, `show` and `show_from`
//! leave visible (pprof: `profile/filter.go`, `Profile.Aggregate`, `graph.CreateNodes`). Computed once per question
//! for every location, so that walking stacks afterwards is table look-ups.

use rustc_hash::FxHashMap;

use crate::filter::CompiledFilter;
use crate::lens::Granularity;
use crate::model::{Line, Location, LocationId, MappingId, StringId, StringTable, Symbols};
use crate::pattern::Pattern;

/// A node of a report: what pprof calls `NodeInfo`. Rows of one [`Projection`] only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(u32);

impl NodeId {
    /// The row, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    pub(crate) fn from_row(row: usize) -> Self {
        Self(row as u32)
    }
}

/// What a node is, as far as the granularity keeps it apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Node {
    /// Function name; empty at granularity `files` and where there are no symbols.
    pub name: StringId,
    /// Source file as the dump has it, where the granularity keeps it.
    pub file: StringId,
    /// Line, 0 where the granularity folds it.
    pub line: i64,
    /// Column, 0 where the granularity folds it.
    pub column: i64,
    /// Address, 0 where the granularity folds it.
    pub address: u64,
    /// The object, only where there is no function name.
    pub mapping: Option<MappingId>,
    /// First line of the function, only where there is no function name.
    pub start_line: i64,
}

/// What the filters on names say of a location.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Verdict {
    /// `focus` matches, or there is none.
    pub(crate) focused: bool,
    /// `ignore` matches.
    pub(crate) ignored: bool,
    /// `hide` or `show` leave nothing of it.
    pub(crate) hidden: bool,
    /// `show_from` matches.
    pub(crate) shown_from: bool,
}

/// Nodes of every location, leaf (innermost inlined) first.
pub struct Projection {
    nodes: Vec<Node>,
    /// Where the nodes of each location end in `of_location`.
    ends: Vec<u32>,
    of_location: Vec<NodeId>,
    verdicts: Vec<Verdict>,
}

impl Projection {
    /// Projects every location of `symbols`.
    pub fn new(symbols: &Symbols, filter: &CompiledFilter, granularity: Granularity, no_inlines: bool) -> Self {
        let count = symbols.locations.len();
        let mut this = Self {
            nodes: Vec::new(),
            ends: Vec::with_capacity(count),
            of_location: Vec::with_capacity(count),
            verdicts: Vec::with_capacity(count),
        };
        let mut matcher = Matcher::new(symbols, filter);
        let mut rows = FxHashMap::default();
        let mut paths = CleanPaths::default();
        let mut lines: Vec<Line> = Vec::new();
        for (_, location) in symbols.locations.iter() {
            lines.clear();
            lines.extend_from_slice(location.lines);
            let verdict = matcher.filter(&location, &mut lines);
            this.verdicts.push(verdict);
            if !verdict.hidden {
                if no_inlines && lines.len() > 1 {
                    lines.drain(..lines.len() - 1);
                }
                if lines.is_empty() {
                    // pprof gives a location without symbols one empty line, so that it shows at all.
                    lines.push(Line { function: None, line: 0, column: 0 });
                }
                // Addresses with inlined frames are not aggregated at all in pprof, so that columns stay.
                let keeps_column = granularity == Granularity::Addresses && !no_inlines;
                for line in &lines {
                    let node = node_of(symbols, &mut paths, &location, line, granularity, keeps_column);
                    let next = this.nodes.len() as u32;
                    let row = *rows.entry(node).or_insert_with(|| {
                        this.nodes.push(node);
                        next
                    });
                    this.of_location.push(NodeId(row));
                }
            }
            this.ends.push(this.of_location.len() as u32);
        }
        this
    }

    /// The nodes of a location, innermost first; none when every frame of it is hidden. All but the last are inlined.
    #[inline]
    pub fn nodes_of(&self, location: LocationId) -> &[NodeId] {
        let row = location.index();
        let start = row.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |&end| end as usize);
        self.ends.get(row).and_then(|&end| self.of_location.get(start..end as usize)).unwrap_or(&[])
    }

    /// Whether each node is inlined anywhere.
    pub fn inlined(&self) -> Vec<bool> {
        let mut inlined = vec![false; self.len()];
        let mut start = 0;
        for &end in &self.ends {
            let of_location = self.of_location.get(start..end as usize).unwrap_or(&[]);
            for node in of_location.split_last().map_or(&[][..], |(_, inner)| inner) {
                if let Some(slot) = inlined.get_mut(node.index()) {
                    *slot = true;
                }
            }
            start = end as usize;
        }
        inlined
    }

    /// What a node is.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.index())
    }

    /// Every node with its id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(row, node)| (NodeId(row as u32), node))
    }

    /// How many nodes there are; columns by node have this length.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The name a node is shown and asked for by (pprof: `NodeInfo.PrintableName`).
    pub fn name(&self, symbols: &Symbols, id: NodeId) -> String {
        self.node(id).map_or_else(String::new, |node| printable_name(symbols, node))
    }

    pub(crate) fn verdict(&self, location: LocationId) -> Verdict {
        self.verdicts.get(location.index()).copied().unwrap_or_default()
    }
}

/// Address, function, and file with line, as far as they are known.
pub fn printable_name(symbols: &Symbols, node: &Node) -> String {
    let name = symbols.strings.get(node.name);
    let file = clean_path(symbols.strings.get(node.file));
    let object = node.mapping.and_then(|id| symbols.mappings.get(id)).map_or("", |m| symbols.strings.get(m.file));
    let mut parts = Vec::with_capacity(3);
    if node.address != 0 {
        parts.push(format!("{:016x}", node.address));
    }
    if !name.is_empty() {
        parts.push(name.to_owned());
    }
    if node.line != 0 {
        let column = if node.column == 0 { String::new() } else { format!(":{}", node.column) };
        parts.push(format!("{file}:{}{column}", node.line));
    } else if !file.is_empty() {
        parts.push(file);
    } else if name.is_empty() {
        parts.push(match object {
            "" => "<unknown>".to_owned(),
            object => format!("[{}]", base_name(object)),
        });
    }
    parts.join(" ")
}

/// The last part of a path.
pub(crate) fn base_name(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() { "/" } else { trimmed.rsplit('/').next().unwrap_or(trimmed) }
}

/// A path without `.`, `..` and doubled slashes, and without Bazel's prefix (pprof: `trimPath`, `filepath.Clean`).
fn clean_path(path: &str) -> String {
    let path = path.strip_prefix("/proc/self/cwd/./").or_else(|| path.strip_prefix("/proc/self/cwd/")).unwrap_or(path);
    if path.is_empty() {
        return String::new();
    }
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if rooted => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// The first spelling seen of each cleaned path stands for all of them, so that nodes compare by id.
#[derive(Default)]
struct CleanPaths {
    first: FxHashMap<String, StringId>,
    known: FxHashMap<StringId, StringId>,
}

impl CleanPaths {
    fn of(&mut self, file: StringId, strings: &StringTable) -> StringId {
        if let Some(&known) = self.known.get(&file) {
            return known;
        }
        let first = *self.first.entry(clean_path(strings.get(file))).or_insert(file);
        self.known.insert(file, first);
        first
    }
}

fn node_of(
    symbols: &Symbols,
    paths: &mut CleanPaths,
    location: &Location<'_>,
    line: &Line,
    granularity: Granularity,
    keeps_column: bool,
) -> Node {
    let empty = symbols.strings.empty();
    let object = location.mapping.filter(|&id| symbols.mappings.get(id).is_some_and(|mapping| mapping.file != empty));
    // One object may be mapped in several pieces: the first of its name stands for all.
    let object = object.and_then(|id| {
        let file = symbols.mappings.get(id)?.file;
        symbols.mappings.iter().find(|(_, mapping)| mapping.file == file).map(|(first, _)| first)
    });
    let address = if granularity == Granularity::Addresses { location.address } else { 0 };
    let Some(function) = line.function.and_then(|id| symbols.functions.get(id)) else {
        return Node { name: empty, file: empty, line: 0, column: 0, address, mapping: object, start_line: 0 };
    };
    let (keeps_name, keeps_file, keeps_line) = match granularity {
        Granularity::Functions => (true, false, false),
        Granularity::FileFunctions => (true, true, false),
        Granularity::Files => (false, true, false),
        Granularity::Lines | Granularity::Addresses => (true, true, true),
    };
    let name = if keeps_name { function.name } else { empty };
    Node {
        name,
        file: if keeps_file { paths.of(function.file, &symbols.strings) } else { empty },
        line: if keeps_line { line.line } else { 0 },
        column: if keeps_column { line.column } else { 0 },
        address,
        mapping: object.filter(|_| name == empty),
        start_line: if name == empty { function.start_line } else { 0 },
    }
}

/// The lines of locations that a filter leaves visible.
pub(crate) struct VisibleLines<'a> {
    matcher: Matcher<'a>,
    no_inlines: bool,
    lines: Vec<Line>,
}

impl<'a> VisibleLines<'a> {
    pub(crate) fn new(symbols: &'a Symbols, filter: &'a CompiledFilter, no_inlines: bool) -> Self {
        Self { matcher: Matcher::new(symbols, filter), no_inlines, lines: Vec::new() }
    }

    /// Those of a location; `None` when the filter hides all of it. One without symbols has none.
    pub(crate) fn of(&mut self, location: &Location<'_>) -> Option<&[Line]> {
        self.lines.clear();
        self.lines.extend_from_slice(location.lines);
        let verdict = self.matcher.filter(location, &mut self.lines);
        if self.no_inlines && self.lines.len() > 1 {
            self.lines.drain(..self.lines.len() - 1);
        }
        (!verdict.hidden).then_some(self.lines.as_slice())
    }
}

/// Remembers for every name whether each expression matches it.
struct Matcher<'a> {
    symbols: &'a Symbols,
    focus: Option<Memo<'a>>,
    ignore: Option<Memo<'a>>,
    hide: Option<Memo<'a>>,
    show: Option<Memo<'a>>,
    show_from: Option<Memo<'a>>,
}

impl<'a> Matcher<'a> {
    fn new(symbols: &'a Symbols, filter: &'a CompiledFilter) -> Self {
        let memo = |pattern: &'a Option<Pattern>| pattern.as_ref().map(|pattern| Memo::new(pattern, symbols));
        Self {
            symbols,
            focus: memo(&filter.focus),
            ignore: memo(&filter.ignore),
            hide: memo(&filter.hide),
            show: memo(&filter.show),
            show_from: memo(&filter.show_from),
        }
    }

    /// Takes hidden lines out of `lines`, in pprof's order: focus and ignore on all lines, then hide, show, show_from.
    fn filter(&mut self, location: &Location<'_>, lines: &mut Vec<Line>) -> Verdict {
        let symbols = self.symbols;
        let mut verdict = Verdict::default();
        verdict.ignored = self.ignore.as_mut().is_some_and(|ignore| ignore.location(symbols, location, lines));
        verdict.focused =
            !verdict.ignored && self.focus.as_mut().is_none_or(|focus| focus.location(symbols, location, lines));
        if let Some(hide) = &mut self.hide
            && hide.location(symbols, location, lines)
        {
            if hide.mapping(symbols, location) {
                lines.clear();
            } else {
                lines.retain(|line| !hide.line(symbols, line));
            }
            verdict.hidden = lines.is_empty();
        }
        if let Some(show) = &mut self.show {
            if !show.mapping(symbols, location) {
                // A line without a function cannot be judged and stays.
                lines.retain(|line| line.function.is_none() || show.line(symbols, line));
            }
            verdict.hidden |= lines.is_empty();
        }
        if let Some(show_from) = &mut self.show_from
            && !verdict.hidden
        {
            if show_from.mapping(symbols, location) {
                verdict.shown_from = true;
            } else if let Some(at) = lines.iter().rposition(|line| show_from.line(symbols, line)) {
                lines.truncate(at + 1);
                verdict.shown_from = true;
            }
        }
        verdict
    }
}

struct Memo<'a> {
    pattern: &'a Pattern,
    known: Vec<Option<bool>>,
}

impl<'a> Memo<'a> {
    fn new(pattern: &'a Pattern, symbols: &Symbols) -> Self {
        Self { pattern, known: vec![None; symbols.strings.len()] }
    }

    fn string(&mut self, symbols: &Symbols, id: StringId) -> bool {
        match self.known.get_mut(id.index()) {
            Some(slot) => *slot.get_or_insert_with(|| self.pattern.is_match(symbols.strings.get(id))),
            None => self.pattern.is_match(symbols.strings.get(id)),
        }
    }

    /// Function name or file of a line.
    fn line(&mut self, symbols: &Symbols, line: &Line) -> bool {
        let function = line.function.and_then(|id| symbols.functions.get(id));
        function.is_some_and(|function| self.string(symbols, function.name) || self.string(symbols, function.file))
    }

    fn mapping(&mut self, symbols: &Symbols, location: &Location<'_>) -> bool {
        let mapping = location.mapping.and_then(|id| symbols.mappings.get(id));
        mapping.is_some_and(|mapping| self.string(symbols, mapping.file))
    }

    fn location(&mut self, symbols: &Symbols, location: &Location<'_>, lines: &[Line]) -> bool {
        lines.iter().any(|line| self.line(symbols, line)) || self.mapping(symbols, location)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned() {
        assert_eq!(clean_path("/a/./b//c/../d.go"), "/a/b/d.go");
        assert_eq!(clean_path("../x/../../y"), "../../y");
        assert_eq!(clean_path("/proc/self/cwd/./a/b.cc"), "a/b.cc");
        assert_eq!(clean_path("./"), ".");
        assert_eq!(clean_path(""), "");
    }
}
