//! Where boxes and edges of the state graph are. Boxes have their places for good; edges that are not straight run in
//! lanes between the two rows, one edge a lane, so that none hides another.

use analysis::lifecycle::State;
use analysis::query::StatesAnswer;

/// A state's box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) state: State,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    row: u8,
    column: u8,
}

/// An edge with its way.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Route {
    pub(super) link: Link,
    pub(super) way: Way,
}

/// What is drawn as one edge: a transition, a breach, or both.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Link {
    pub(super) from: State,
    pub(super) to: State,
    /// In words; several breaches of one place are named together.
    pub(super) name: String,
    pub(super) count: u64,
    pub(super) per_second: f64,
    pub(super) median_nanos: Option<u64>,
    pub(super) is_violation: bool,
    /// Of breaches, those that the pool refused.
    pub(super) refused: u64,
    pub(super) course: Vec<u64>,
}

/// How an edge runs. Coordinates are ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Way {
    /// From side to side in a row.
    Across { x1: f64, x2: f64, y: f64 },
    /// Down a column.
    Down { x: f64, y1: f64, y2: f64 },
    /// Over the boxes: the way back of what is got again.
    Over { x1: f64, x2: f64, y: f64, top: f64 },
    /// Out of a box into a lane, along it, into the other box.
    Lane { x1: f64, y1: f64, x2: f64, y2: f64, lane: f64 },
    /// From elsewhere into a box.
    Stub { x: f64, y1: f64, y2: f64 },
}

/// The whole drawing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub(super) places: Vec<Place>,
    pub(super) routes: Vec<Route>,
    pub(super) height: f64,
    /// The largest count, which is drawn widest.
    pub(super) most: u64,
}

const PAD: f64 = 14.0;
const OVER: f64 = 38.0;
const TOP: f64 = 82.0;
const BOX: f64 = 58.0;
const SMALL_BOX: f64 = 46.0;
const LANE: f64 = 27.0;
/// The first lane is so far below the boxes: there is room for the times of straight edges, and for its own name.
const FIRST_LANE: f64 = 38.0;

/// Row and column of each state.
const GRID: [(State, u8, u8); 10] = [
    (State::Outside, 0, 0),
    (State::Active, 0, 1),
    (State::Returned, 0, 2),
    (State::Idle, 0, 3),
    (State::Unknown, 0, 4),
    (State::Detached, 1, 0),
    (State::Abandoned, 1, 1),
    (State::Dropped, 1, 2),
    (State::Victim, 1, 3),
    (State::Collected, 1, 4),
];

/// Transitions that a record may be unable to show.
const UNTOLD: [(State, State, &str); 3] = [
    (State::Active, State::Abandoned, "dropped without put"),
    (State::Idle, State::Victim, "first purge"),
    (State::Victim, State::Collected, "second purge"),
];

/// Transitions and breaches, those between the same two states together.
fn links(answer: &StatesAnswer) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for edge in &answer.edges {
        links.push(Link {
            from: edge.from,
            to: edge.to,
            name: edge.name.clone(),
            count: edge.count,
            per_second: edge.per_second,
            median_nanos: edge.median_nanos,
            is_violation: edge.is_violation,
            refused: 0,
            course: edge.course.clone(),
        });
    }
    // What the record cannot tell of is drawn as unknown, not left out.
    let is_told = |state: State| answer.nodes.iter().any(|node| node.state == state && node.objects.is_some());
    for (from, to, name) in UNTOLD {
        let is_there = links.iter().any(|link| (link.from, link.to) == (from, to));
        let is_shown = is_told(from) && is_told(to);
        if !(is_there || is_shown) {
            links.push(Link { from, to, name: name.to_owned(), ..Link::default() });
        }
    }
    let seconds = (answer.window.1.saturating_sub(answer.window.0).max(1)) as f64 / 1e9;
    for kind in &answer.violations {
        let (from, to) = (kind.from, kind.to);
        match links.iter_mut().find(|link| link.is_violation && (link.from, link.to) == (from, to)) {
            // A breach that moved an object is counted as an edge already.
            Some(link) if link.name == kind.name || link.name == "second holder" => {
                link.name.clone_from(&kind.name);
                link.refused += kind.refused;
            }
            Some(link) => {
                link.name = format!("{}, {}", link.name, kind.name);
                link.count += kind.count;
                link.refused += kind.refused;
            }
            None => links.push(Link {
                from,
                to,
                name: kind.name.clone(),
                count: kind.count,
                per_second: kind.count as f64 / seconds,
                is_violation: true,
                refused: kind.refused,
                ..Link::default()
            }),
        }
    }
    links
}

impl Layout {
    /// Of an answer, in a drawing so wide.
    pub(super) fn new(answer: &StatesAnswer, width: f64) -> Self {
        let touched = |state: State| answer.edges.iter().any(|edge| edge.from == state || edge.to == state);
        let objects = |state: State| {
            answer.nodes.iter().find(|node| node.state == state).and_then(|node| node.objects).unwrap_or(0)
        };
        let has_returned = touched(State::Returned);
        let links = links(answer);
        let box_width = (width * 0.125).clamp(74.0, 112.0);
        let pitch = ((width - 2.0 * PAD - box_width) / 4.0).max(box_width + 8.0);
        let mut places: Vec<Place> = Vec::new();
        for (state, row, column) in GRID {
            let is_there = match state {
                State::Returned => has_returned,
                State::Unknown => objects(state) > 0 || touched(state),
                _ => true,
            };
            if is_there {
                let x = PAD + f64::from(column) * pitch;
                let height = if row == 0 { BOX } else { SMALL_BOX };
                places.push(Place { state, x, y: TOP, width: box_width, height, row, column });
            }
        }
        let mut plans: Vec<(Link, Plan)> = Vec::new();
        for link in links {
            let ends = place(&places, link.from).zip(place(&places, link.to));
            if let Some((from, to)) = ends {
                let plan = plan(&link, from, to, &places);
                plans.push((link, plan));
            }
        }
        // Breaches nearest to the boxes of the living, then short ways before long ones.
        let mut lanes: Vec<(bool, u8, usize)> = Vec::new();
        for (at, (link, plan)) in plans.iter().enumerate() {
            if *plan == Plan::Lane {
                let column = |state| place(&places, state).map_or(0, |place| place.column);
                lanes.push((!link.is_violation, column(link.from).abs_diff(column(link.to)), at));
            }
        }
        analysis::order::sort_by(&mut lanes, |a, b| a.cmp(b));
        let gutter = if lanes.is_empty() { 50.0 } else { FIRST_LANE + LANE * (lanes.len() as f64 - 1.0) + 38.0 };
        for place in places.iter_mut().filter(|place| place.row == 1) {
            place.y = TOP + BOX + gutter;
        }
        let lane_of = |at: usize| lanes.iter().position(|lane| lane.2 == at).unwrap_or(0) as f64;
        let mut ports = Ports::default();
        let mut routes = Vec::new();
        let most = plans.iter().map(|(link, _)| link.count).max().unwrap_or(0).max(1);
        for (at, (link, plan)) in plans.into_iter().enumerate() {
            let Some((from, to)) = place(&places, link.from).zip(place(&places, link.to)) else { continue };
            let way = match plan {
                Plan::Across if from.x < to.x => {
                    Way::Across { x1: from.x + from.width, x2: to.x, y: from.y + from.height / 2.0 }
                }
                Plan::Across => Way::Across { x1: from.x, x2: to.x + to.width, y: from.y + from.height / 2.0 },
                Plan::Down => Way::Down { x: middle(from), y1: from.y + from.height, y2: to.y },
                Plan::Over => Way::Over { x1: middle(from), x2: middle(to), y: from.y, top: OVER },
                Plan::Stub => {
                    let x = to.x + 16.0 + 22.0 * ports.next(to.state, Side::Top);
                    Way::Stub { x, y1: to.y - 26.0, y2: to.y }
                }
                Plan::Lane => {
                    let lane = TOP + BOX + FIRST_LANE + LANE * lane_of(at);
                    let (x1, y1) = ports.of(from, to);
                    let (x2, y2) = ports.of(to, from);
                    Way::Lane { x1, y1, x2, y2, lane }
                }
            };
            routes.push(Route { link, way });
        }
        let height = TOP + BOX + gutter + SMALL_BOX + 24.0;
        Self { places, routes, height, most }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Plan {
    Across,
    Down,
    Over,
    Stub,
    Lane,
}

fn plan(link: &Link, from: &Place, to: &Place, places: &[Place]) -> Plan {
    if link.is_violation && from.state == State::Outside {
        return Plan::Stub;
    }
    if link.is_violation || from.state == to.state {
        return Plan::Lane;
    }
    let between = |place: &Place| {
        place.row == from.row && place.column > from.column.min(to.column) && place.column < from.column.max(to.column)
    };
    match (from.state, to.state) {
        (State::Idle, State::Active) => Plan::Over,
        (State::Victim, State::Collected) => Plan::Across,
        _ if from.row == 0 && to.row == 0 && from.column < to.column && !places.iter().any(between) => Plan::Across,
        _ if from.row == 0 && to.row == 1 && from.column == to.column => Plan::Down,
        _ => Plan::Lane,
    }
}

/// The box of a state. A pool without a reset has none for RETURNED: what is put is IDLE.
fn place(places: &[Place], state: State) -> Option<&Place> {
    let find = |state| places.iter().find(|place| place.state == state);
    find(state).or_else(|| find(State::Idle).filter(|_| state == State::Returned))
}

fn middle(place: &Place) -> f64 {
    place.x + place.width / 2.0
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Top,
    Left,
    Right,
}

/// Edges in lanes leave a box beside its middle, on the side they go to, each a little farther out.
#[derive(Default)]
struct Ports(Vec<(State, Side, f64)>);

impl Ports {
    fn next(&mut self, state: State, side: Side) -> f64 {
        match self.0.iter_mut().find(|port| port.0 == state && port.1 == side) {
            Some((.., count)) => {
                *count += 1.0;
                *count
            }
            None => {
                self.0.push((state, side, 0.0));
                0.0
            }
        }
    }

    fn of(&mut self, here: &Place, there: &Place) -> (f64, f64) {
        // An edge to itself goes out at the left and comes back at the right.
        let is_left = match there.x.total_cmp(&here.x) {
            std::cmp::Ordering::Equal => self.0.iter().filter(|port| port.0 == here.state).count() % 2 == 0,
            order => order == std::cmp::Ordering::Less,
        };
        let side = if is_left { Side::Left } else { Side::Right };
        let away = (14.0 + 13.0 * self.next(here.state, side)).min(here.width / 2.0 - 5.0);
        let x = middle(here) + if is_left { -away } else { away };
        (x, if here.row == 0 { here.y + here.height } else { here.y })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use analysis::query::{StateEdge, StateNode, ViolationCount};

    fn answer(edges: &[(State, State, u64, bool)], violations: &[(&str, State, State, u64)]) -> StatesAnswer {
        let edge = |&(from, to, count, is_violation): &(State, State, u64, bool)| StateEdge {
            from,
            to,
            count,
            is_violation,
            name: format!("{from:?} {to:?}"),
            ..StateEdge::default()
        };
        let kind = |&(name, from, to, count): &(&str, State, State, u64)| ViolationCount {
            name: name.to_owned(),
            count,
            refused: count,
            from,
            to,
        };
        StatesAnswer {
            nodes: State::ALL.iter().map(|&state| StateNode { state, name: String::new(), objects: Some(0) }).collect(),
            edges: edges.iter().map(edge).collect(),
            violations: violations.iter().map(kind).collect(),
            window: (0, 1_000_000_000),
            ..StatesAnswer::default()
        }
    }

    use State as S;

    #[test]
    fn straight_ways_stay_straight_and_breaches_take_lanes_of_their_own() {
        let edges = [
            (S::Outside, S::Active, 2, false),
            (S::Active, S::Returned, 9, false),
            (S::Idle, S::Active, 7, false),
            (S::Idle, S::Victim, 1, false),
            (S::Victim, S::Active, 1, false),
            (S::Returned, S::Active, 3, true),
        ];
        let layout = Layout::new(&answer(&edges, &[("put twice", S::Idle, S::Returned, 4)]), 860.0);
        let way = |from, to| layout.routes.iter().find(|r| (r.link.from, r.link.to) == (from, to)).unwrap().way;
        assert!(matches!(way(S::Outside, S::Active), Way::Across { .. }));
        assert!(matches!(way(S::Idle, S::Active), Way::Over { .. }));
        assert!(matches!(way(S::Idle, S::Victim), Way::Down { .. }));
        let mut lanes: Vec<f64> = layout
            .routes
            .iter()
            .filter_map(|route| if let Way::Lane { lane, .. } = route.way { Some(lane) } else { None })
            .collect();
        lanes.sort_by(f64::total_cmp);
        lanes.dedup();
        assert_eq!(lanes.len(), 3);
        assert_eq!(layout.most, 9);
    }

    #[test]
    fn a_breach_that_moved_an_object_is_drawn_once_and_one_of_a_missing_box_elsewhere() {
        let dirty = answer(&[(S::Returned, S::Active, 3, true)], &[("Returned Active", S::Returned, S::Active, 3)]);
        let layout = Layout::new(&dirty, 556.0);
        assert_eq!((layout.routes.len(), layout.routes[0].link.count), (1, 3));
        // Without a box for RETURNED a put goes to IDLE, and so does a forbidden one.
        let plain = answer(&[(S::Active, S::Idle, 3, false)], &[("put of nothing", S::Outside, S::Returned, 1)]);
        let layout = Layout::new(&plain, 556.0);
        assert!(layout.places.iter().all(|place| place.state != S::Returned));
        assert!(layout.routes.iter().any(|route| route.link.is_violation && matches!(route.way, Way::Stub { .. })));
    }

    #[test]
    fn boxes_never_overlap() {
        for width in [300.0, 556.0, 884.0, 1600.0] {
            let layout = Layout::new(&answer(&[(S::Unknown, S::Returned, 1, false)], &[]), width);
            for (at, a) in layout.places.iter().enumerate() {
                for b in &layout.places[at + 1..] {
                    let apart =
                        a.x + a.width < b.x || b.x + b.width < a.x || a.y + a.height < b.y || b.y + b.height < a.y;
                    assert!(apart, "{a:?} {b:?}");
                }
            }
        }
    }
}
