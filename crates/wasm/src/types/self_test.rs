//! Whether the kernels of the processor compute what they should.

use hearth_runtime::Isa;
use hearth_runtime::self_test::{self, Check};
use serde::Serialize;
use tsify::Tsify;

/// Whether the kernels of the processor compute what they should, each compared with a plain reference.
#[derive(Clone, Debug, Serialize, Tsify)]
pub struct SelfTest {
    /// Instruction set of the kernels.
    pub isa: String,
    /// Whether all kernels agree with their references.
    pub passed: bool,
    /// What came of each.
    pub checks: Vec<KernelCheck>,
}

/// What came of asking a kernel.
#[derive(Clone, Debug, Serialize, Tsify)]
pub struct KernelCheck {
    /// The operation, such as `matmul`.
    pub kernel: String,
    /// The type of the weight or of the cache, where it matters, such as `Q4_K`.
    #[tsify(optional)]
    pub dtype: Option<String>,
    /// Which of its ways or functions was asked, where there are several, such as `one_row`, `exact` or `Silu`.
    #[tsify(optional)]
    pub variant: Option<String>,
    /// How far the element is off that is off the most, compared with what it may be; the largest number where it is none.
    pub deviation: f64,
    /// What that element may be off; 0 where every bit is known.
    pub tolerance: f64,
    /// Whether the kernel agrees with its reference.
    pub passed: bool,
}

impl SelfTest {
    /// Ask all kernels that this build has.
    pub(crate) fn run() -> Self {
        let isa = Isa::best();
        let checks: Vec<KernelCheck> = self_test::run(isa).map(Into::into).collect();
        SelfTest {
            isa: isa.name().to_owned(),
            passed: checks.iter().all(|check| check.passed),
            checks,
        }
    }
}

impl From<Check> for KernelCheck {
    fn from(check: Check) -> Self {
        KernelCheck {
            kernel: check.kernel.to_owned(),
            dtype: check.dtype.map(|dtype| dtype.name().to_owned()),
            variant: check.variant,
            deviation: check.deviation,
            tolerance: check.tolerance,
            passed: check.passed,
        }
    }
}
