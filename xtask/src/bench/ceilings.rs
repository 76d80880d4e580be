//! What the machine can do at best, by threads.

use super::record::{Case, Figure, Record, contender};
use super::{Bench, number};

/// One measurement; it is itself the best of several.
pub(crate) fn run(bench: &Bench<'_>, record: &mut Record) -> Result<(), String> {
    let threads: Vec<String> = bench
        .options
        .threads
        .iter()
        .map(ToString::to_string)
        .collect();
    let measured = bench.hearth(&["ceilings", "--threads", &threads.join(",")])?;
    if let Some(isa) = measured["isa"].as_str() {
        isa.clone_into(&mut record.machine.isa);
    }
    let rows = measured["ceilings"].as_array();
    for row in rows.ok_or("hearth ceilings printed no ceilings")? {
        let threads = number(row, "/threads")? as usize;
        for (figure, name) in [
            (Figure::MemoryRead, "/memory_bytes_per_s"),
            (Figure::Int8, "/int8_ops_per_s"),
            (Figure::F32, "/f32_ops_per_s"),
        ] {
            record.add(
                &Case::default(),
                contender::MACHINE,
                threads,
                figure,
                number(row, name)?,
            );
        }
    }
    Ok(())
}
