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
    /// The only adapter is no GPU.
    #[error("{adapter} is the processor in a GPU's place; compute on the CPU")]
    Software {
        /// Its name.
        adapter: String,
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
    /// The device has no memory left.
    #[error(
        "the GPU has not the {} MB that the model takes ({reason}); close other programs, choose a smaller quantisation, ask for a \
         shorter context, or compute on the CPU",
        bytes / 1_000_000
    )]
    OutOfMemory {
        /// What was asked of it.
        bytes: usize,
        /// What it says.
        reason: String,
    },
    /// A kernel, a buffer or a step was refused.
    #[error("the GPU refused {what}: {reason}")]
    Refused {
        /// What was asked of it.
        what: String,
        /// What it says.
        reason: String,
    },
    /// It computes something else than it is told, in the plainest way that there is.
    #[error("{kernel} goes wrong on this GPU ({reason}); renew its driver, or compute on the CPU")]
    Wrong {
        /// What it was told to compute.
        kernel: String,
        /// What came of it.
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
    /// Whether the device is gone, so that another one may do.
    pub fn is_lost(&self) -> bool {
        matches!(self, GpuError::Lost { .. })
    }

    pub(crate) fn refused(what: &str, reason: impl ToString) -> Self {
        GpuError::Refused {
            what: what.to_owned(),
            reason: reason.to_string(),
        }
    }
}
