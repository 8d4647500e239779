use assay_analysis::resolve::link::*;
fn main() {
    let mut args = std::env::args().skip(1);
    let mut people = People::default();
    let mut truth = std::collections::HashMap::new();
    let mut of = vec![];
    let map: Vec<String> = args.next().unwrap().split(',').map(str::to_owned).collect();
    let transform = args.next().unwrap();
    for file in args {
        let text = std::fs::read_to_string(&file).unwrap();
        let cols: Vec<Column> = map.iter().map(|w| Column::parse(w).unwrap_or_else(|| panic!("{w}"))).collect();
        for line in text.lines().skip(1) {
            let mut cells = vec![];
            let mut q = false;
            let mut cur = String::new();
            for c in line.chars() {
                match c {
                    '"' => q = !q,
                    ',' if !q => {
                        cells.push(std::mem::take(&mut cur));
                    }
                    c => cur.push(c),
                }
            }
            cells.push(cur);
            let t = cols.iter().position(|c| *c == Column::Truth);
            let t = match t {
                Some(t) => cells[t].clone(),
                None if transform == "febrl" => cells[0].split('-').nth(1).unwrap().to_owned(),
                None => String::new(),
            };
            let n = truth.len() as u32;
            of.push(*truth.entry(t).or_insert(n));
            people.mention(cols.iter().copied().zip(cells.iter().map(|s| s.trim())));
        }
    }
    let linked = people.link();
    let s = score(&linked.person, &of);
    println!(
        "P {:.4} R {:.4} F1 {:.4} | B3 {:.4} {:.4} {:.4} | people {} groups {} {:+.1}%",
        s.precision,
        s.recall,
        s.f1(),
        s.bcubed_precision,
        s.bcubed_recall,
        s.bcubed_f1(),
        s.people,
        s.groups,
        s.count_error() * 100.0
    );
}
