//! Why a GPU cannot be used.

use hearth_kernels::ContractError;

/// The GPU cannot be used, or no longer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GpuError {
    /// No adapter answers.
    #[error("there is no GPU that can compute here ({reason}); compute on the CPU")]
    NoAdapter {
        /// What the system says.
        reason: String,
    },
    /// The adapter gives no device.
    #[error("{adapter} gives no device ({reason}); compute on the CPU")]
    NoDevice {
        /// Its name.
        adapter: String,
        /// What it says.
        reason: String,
    },
    /// An operation has no kernel for a GPU.
    #[error("{source}; compute on the CPU")]
    Kernel {
        /// Which, and for what.
        source: ContractError,
    },
    /// A value does not fit into a buffer.
    #[error(
        "{value} takes {} MB, and a buffer of this GPU holds {} MB; ask for a shorter context or smaller steps, or compute on the CPU",
        bytes / 1_000_000, limit / 1_000_000
    )]
    TooLarge {
        /// Its name, or what it is.
        value: String,
        /// Its size.
        bytes: usize,
        /// The largest buffer.
        limit: usize,
    },
    /// A kernel, a buffer or a step was refused.
    #[error("the GPU refused {what}: {reason}")]
    Refused {
        /// What was asked of it.
        what: String,
        /// What it says.
        reason: String,
    },
    /// The device is gone.
    #[error("the GPU was lost ({reason}); load the model again")]
    Lost {
        /// What it says.
        reason: String,
    },
}

impl GpuError {
    pub(crate) fn refused(what: &str, reason: impl ToString) -> Self {
        GpuError::Refused {
            what: what.to_owned(),
            reason: reason.to_string(),
        }
    }
}
