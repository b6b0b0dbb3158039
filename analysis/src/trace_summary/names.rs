//! What a summary asks of names and stacks. Found once for each, so that sums need the tables of
//! [`Symbols`](crate::model::Symbols) at no event: whoever reads a trace may go on filling them meanwhile.

use crate::model::{LocationId, StackId, StringId, Symbols};

/// Functions of `sync.Pool` and of the lists in it.
const POOL_PREFIXES: [&str; 2] = ["sync.(*Pool).", "sync.(*pool"];

/// Names, and what is known of stacks by row.
#[derive(Clone, Debug, Default)]
pub struct Names {
    stacks: Vec<StackNames>,
    /// The reason of those who wait for ever.
    pub(super) forever: Option<StringId>,
}

/// Functions of a stack.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StackNames {
    /// The innermost.
    pub(super) leaf: Option<StringId>,
    /// The innermost of `sync.Pool`.
    pub(super) pool: Option<StringId>,
    /// The outermost: a goroutine's name.
    pub(super) start: Option<StringId>,
    /// Whether that begins a goroutine of the program, not one of the runtime's own.
    pub(super) is_program: bool,
}

impl Names {
    /// What `symbols` says.
    pub fn of(symbols: &Symbols) -> Self {
        let mut names = Self::default();
        names.extend(Self::since(symbols, 0));
        names
    }

    /// What `symbols` says of its stacks from row `known` on.
    pub fn since(symbols: &Symbols, known: usize) -> Self {
        let stacks = symbols.stacks.iter().skip(known).map(|(_, locations)| StackNames::of(symbols, locations));
        Self { stacks: stacks.collect(), forever: symbols.strings.find("forever") }
    }

    /// Adds what came later.
    pub fn extend(&mut self, later: Self) {
        self.stacks.extend(later.stacks);
        self.forever = later.forever;
    }

    /// How many stacks are known.
    pub fn stacks(&self) -> usize {
        self.stacks.len()
    }

    #[inline]
    pub(super) fn stack(&self, stack: StackId) -> StackNames {
        self.stacks.get(stack.index()).copied().unwrap_or_default()
    }
}

impl StackNames {
    fn of(symbols: &Symbols, locations: &[LocationId]) -> Self {
        let is_pool = |name: &StringId| {
            let name = symbols.strings.get(*name);
            POOL_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        };
        let start = start_of(symbols, locations);
        Self {
            leaf: leaf_of(symbols, locations),
            pool: symbols.function_names(locations).find(is_pool),
            start,
            is_program: start.is_some_and(|name| is_program(symbols.strings.get(name))),
        }
    }
}

/// The outermost function of a stack: a goroutine's name.
pub(crate) fn start_function(symbols: &Symbols, stack: StackId) -> Option<StringId> {
    start_of(symbols, symbols.stacks.get(stack))
}

fn start_of(symbols: &Symbols, locations: &[LocationId]) -> Option<StringId> {
    let function = symbols.locations.get(*locations.last()?).lines.last()?.function?;
    let name = symbols.functions.get(function)?.name;
    (name != symbols.strings.empty()).then_some(name)
}

fn leaf_of(symbols: &Symbols, locations: &[LocationId]) -> Option<StringId> {
    let function = symbols.locations.get(*locations.first()?).lines.first()?.function?;
    Some(symbols.functions.get(function)?.name)
}

/// The opposite of Go's `IsSystemGoroutine` (internal/trace, summary.go).
pub(crate) fn is_program(name: &str) -> bool {
    name == "runtime.main" || !name.starts_with("runtime.")
}
