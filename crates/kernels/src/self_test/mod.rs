//! The CPU kernels of this machine against their references, so that a browser that compiles them wrongly, or a processor that
//! computes wrongly, is seen.
//!
//! [`run`] asks every kernel with one instruction set, and compares each element of its answers with what the operation's
//! `reference.rs` gives; what an element may be off is what the tests allow. Inputs are deterministic, and as large as those of
//! real models. Everything is computed by the thread that calls. It takes about a second.
//!
//! | module | asks |
//! |---|---|
//! | `elementwise` | additions, activations, gates, rotations, columns and rows |
//! | `norms` | norms, softmax, means |
//! | `products` | matrix products with every type of weights, embedding lookups, activations in 8 bits |
//! | `experts` | the choice of experts and the sum of what they give |
//! | `attention` | attention over every type of cache, and writing into it |
//! | `recurrent` | operations that carry a state from token to token |

mod attention;
mod case;
mod elementwise;
mod experts;
mod norms;
mod products;
mod recurrent;
mod value;

#[cfg(test)]
mod tests;

use hearth_simd::Isa;
use hearth_tensor::DType;

use case::Case;

/// What came of asking a kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The operation, such as `matmul`.
    pub kernel: &'static str,
    /// The type of the weight or of the cache, where it matters.
    pub dtype: Option<DType>,
    /// Which of its ways or functions was asked, where there are several: `one_row`, `many_rows`, `exact`, `Silu`.
    pub variant: Option<String>,
    /// The instruction set that it ran on.
    pub isa: Isa,
    /// How far the worst element is off: the one that is off the most, compared with what it may be. `f64::MAX` if it is not a
    /// number, or if there are fewer or more elements than there should be.
    pub deviation: f64,
    /// What that element may be off; 0 where every bit is known.
    pub tolerance: f64,
    /// Whether the kernel agrees with its reference.
    pub passed: bool,
}

/// Ask every CPU kernel with this instruction set, one after the other.
///
/// # Panics
/// If the machine has no such instruction set.
pub fn run(isa: Isa) -> impl Iterator<Item = Check> {
    cases(isa).map(move |mut case| {
        let answers = case.answers(isa);
        case.judge(isa, &answers)
    })
}

/// The questions. Each is made when it is asked, so that memory holds one at a time.
fn cases(isa: Isa) -> impl Iterator<Item = Case> {
    elementwise::cases()
        .chain(norms::cases())
        .chain(products::cases(isa))
        .chain(experts::cases())
        .chain(attention::cases())
        .chain(recurrent::cases())
}
