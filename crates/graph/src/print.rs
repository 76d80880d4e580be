//! The text form of a graph: one line a value that comes from outside, one line a node.
//!
//! ```text
//! %0 = input tokens: I32[s0]
//! %1 = weight token_embd.weight: Q8_0[2048, 64]
//! %2: F32[s0, 64] = Embed(%0, %1)  @0
//! return logits = %2
//! ```

use std::fmt;

use crate::ir::{Graph, Source};

impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.use_counts();
        for (index, value) in self.values.iter().enumerate() {
            if counts[index] == 0 {
                continue;
            }
            let members;
            let (kind, name): (_, &dyn fmt::Display) = match &value.source {
                Source::Input(name) => ("input", name),
                Source::Weight(tensor) => ("weight", tensor),
                Source::Joined(_) => {
                    let tensors = self.tensors(self.value_id(index));
                    let names: Vec<_> = tensors.iter().map(|t| t.tensor.to_string()).collect();
                    members = names.join(" + ");
                    ("weights", &members)
                }
                Source::Constant(name, _) => ("constant", name),
                Source::State(name) => ("state", name),
                Source::Node(..) => continue,
            };
            writeln!(f, "%{index} = {kind} {name}: {}", value.ty)?;
        }
        for node in &self.nodes {
            for (i, output) in node.outputs.iter().enumerate() {
                let comma = if i == 0 { "" } else { ", " };
                write!(f, "{comma}%{}: {}", output.0, self.value(*output).ty)?;
            }
            write!(f, " = {:?}(", node.op)?;
            for (i, input) in node.inputs.iter().enumerate() {
                write!(f, "{}%{}", if i == 0 { "" } else { ", " }, input.0)?;
            }
            match node.layer {
                Some(layer) => writeln!(f, ")  @{layer}")?,
                None => writeln!(f, ")")?,
            }
        }
        for (name, id) in &self.outputs {
            writeln!(f, "return {name} = %{}", id.0)?;
        }
        Ok(())
    }
}
