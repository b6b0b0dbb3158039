#[path = "../../xtask/src/bench/generate.rs"]
#[allow(dead_code)]
mod generate;
use std::ops::ControlFlow;
use std::time::Instant;
use analysis::findings::Thresholds;
use analysis::query::*;
use analysis::share::*;
fn main() {
    let mut engine = Engine::default();
    let args: Vec<String> = std::env::args().collect();
    if args[1] == "make" { std::fs::write(&args[2], generate::heap()).unwrap(); return; }
    let budget: usize = args[1].parse().unwrap();
    for path in &args[2..] {
        let bytes = std::fs::read(path).unwrap();
        engine.session_mut().open(path.rsplit('/').next().unwrap(), bytes, &mut |_| ControlFlow::Continue(())).unwrap();
    }
    engine.diagnose(&Thresholds::default());
    let _ = engine.answer(&Query::Files);
    for _ in 0..3 {
        let t = Instant::now();
        let draft = Draft::of(&mut engine, "");
        let a = t.elapsed();
        let encoded = draft.encode(budget);
        let b = t.elapsed();
        let encoded = match encoded { Ok(e) => e, Err(e) => { println!("{e}"); continue } };
        let t = Instant::now();
        let mut receiver = Engine::default();
        let analysis = decode(&encoded.text).unwrap();
        let d = t.elapsed();
        receiver.session_mut().open_shared(&analysis);
        receiver.diagnose(&Thresholds::default());
        let o = t.elapsed();
        let nodes: Vec<usize> = analysis.families.iter().map(|f| f.nodes.len()).collect();
        println!("draft {a:?} all {b:?} text {} nodes {nodes:?} decode {d:?} open {o:?} {:?}", encoded.text.len(), encoded.left_out);
    }
}
