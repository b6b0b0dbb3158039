//! Lanes of pools: Gets in orange above, initialisations in green below.

use analysis::timeline::{EvidenceKind, OPEN, PoolRole, Window, nanos_words};

use super::scene::Scene;
use crate::open::Open;

/// The colour of a role.
pub(crate) fn role_token(role: PoolRole) -> &'static str {
    match role {
        PoolRole::Get => "an-get",
        PoolRole::New | PoolRole::Init => "an-init",
        PoolRole::Put => "st-returned",
    }
}

/// Bars are this wide where Gets are too many to be drawn one by one.
const BAR_PX: f64 = 3.0;

pub(crate) fn draw(scene: &mut Scene<'_>, open: &Open, (top, bottom): (f64, f64)) {
    let middle = top + (bottom - top) * 0.64;
    let few = scene.columns() / 4;
    let upper = [PoolRole::Get, PoolRole::Put];
    let lower = [PoolRole::New, PoolRole::Init];
    let annotations = &open.survey.annotations;
    let all_few = upper
        .iter()
        .chain(&lower)
        .all(|&role| annotations.of_role(role).all(|kind| kind.regions.count_in(scene.window) <= few));
    let logged = |role| annotations.logged_in(role, scene.window).len();
    let all_few = all_few && upper.iter().chain(&lower).all(|&role| logged(role) <= few);
    let note = if all_few {
        for (roles, at) in [(upper, (top + 12.0, middle - 1.0)), (lower, (middle + 2.0, bottom - 4.0))] {
            for role in roles {
                let color = scene.palette.get(role_token(role));
                for &time in annotations.logged_in(role, scene.window) {
                    scene.stretch(Window::new(time, time + 1), at, 1.0, color);
                }
                for kind in annotations.of_role(role) {
                    for region in kind.regions.few_in(scene.window, few).unwrap_or_default() {
                        let end = if region.end == OPEN { scene.window.end } else { region.end };
                        scene.stretch(Window::new(region.begin, end), at, 1.0, color);
                    }
                }
            }
        }
        "one by one".to_owned()
    } else {
        let bars = (((scene.right - scene.left) / BAR_PX) as usize).max(1);
        let gets = counts(scene, open, PoolRole::Get, bars);
        let inits = counts(scene, open, PoolRole::Init, bars);
        let inits =
            if inits.iter().all(|&count| count == 0) { counts(scene, open, PoolRole::New, bars) } else { inits };
        let most = gets.iter().chain(&inits).copied().max().unwrap_or(1).max(1);
        let (up, down) = (middle - top - 12.0, bottom - middle - 5.0);
        for (at, (&get, &init)) in gets.iter().zip(&inits).enumerate() {
            let x = scene.left + at as f64 * BAR_PX;
            let height = |count: u32, room: f64| {
                if count == 0 { 0.0 } else { (f64::from(count) / f64::from(most) * room).max(1.0) }
            };
            scene.rect((x, middle - height(get, up)), (x + BAR_PX - 1.0, middle), "an-get");
            scene.rect((x, middle + 1.0), (x + BAR_PX - 1.0, middle + 1.0 + height(init, down)), "an-init");
        }
        format!("per {}", nanos_words(scene.window.nanos() / bars as i64))
    };
    scene.rect((scene.left, middle), (scene.right, middle + 1.0), "line-2");
    scene.words(&note, 12.0, top + 29.0, "ink-3", "left");
    scene.words("Get", scene.left - 8.0, (top + middle) / 2.0, "an-get-t", "right");
    scene.words("init", scene.left - 8.0, (middle + bottom) / 2.0, "an-init-t", "right");
}

fn counts(scene: &Scene<'_>, open: &Open, role: PoolRole, bars: usize) -> Vec<u32> {
    let mut sum = vec![0; bars];
    for kind in open.survey.annotations.of_role(role) {
        for (sum, count) in sum.iter_mut().zip(kind.regions.columns(scene.window, bars)) {
            *sum += count;
        }
    }
    for &time in open.survey.annotations.logged_in(role, scene.window) {
        if let Some(sum) = sum.get_mut((scene.window.share_of(time) * bars as f64) as usize) {
            *sum += 1;
        }
    }
    sum
}

/// Events inside Get: what is seen without annotations.
pub(crate) fn evidence(scene: &mut Scene<'_>, open: &Open, (top, bottom): (f64, f64)) {
    let all = &open.survey.evidence.all;
    let window = scene.window;
    let first = all.partition_point(|evidence| evidence.begin < window.start).saturating_sub(16);
    let mut drawn_to = f64::MIN;
    for evidence in all.get(first..).unwrap_or(&[]).iter().take_while(|evidence| evidence.begin < window.end) {
        let end = if evidence.end == OPEN { evidence.begin } else { evidence.end };
        let x = scene.x(end);
        // Points that fall into one pixel are one.
        if end == evidence.begin && x < drawn_to {
            continue;
        }
        drawn_to = x + 1.0 / scene.ratio;
        let token = match evidence.kind {
            EvidenceKind::NewUnderGet => "an-init",
            EvidenceKind::BlockedInPut => "st-returned",
            _ => "an-get",
        };
        let color = scene.palette.get(token);
        scene.stretch(Window::new(evidence.begin, end), (top + 4.0, bottom - 4.0), 2.0, color);
    }
}
