//! The executors behind one asynchronous interface. The GPU's joins here; nothing above blocks on a device.

use hearth_cpu::{CpuExecutor, StepError, StepInputs};
use hearth_graph::Bindings;

use crate::sequence_state;

/// Where a model runs.
#[derive(Debug)]
#[non_exhaustive]
pub enum Device {
    /// The CPU: SIMD kernels on a thread pool.
    Cpu(Box<CpuExecutor>),
}

impl Device {
    /// Run one step.
    pub async fn run(
        &mut self,
        inputs: &StepInputs<'_>,
        bindings: &Bindings,
    ) -> Result<(), StepError> {
        match self {
            Device::Cpu(cpu) => cpu.run(inputs, bindings),
        }
    }

    /// A result of the last step, row-major.
    pub async fn output(&mut self, name: &str) -> &[f32] {
        match self {
            Device::Cpu(cpu) => cpu.output(name),
        }
    }

    /// Copy what every state holds of the first `len` tokens of a sequence; with `recurrent_only`, of those states
    /// alone that cannot be shortened.
    pub async fn save(&mut self, sequence: usize, len: usize, recurrent_only: bool) -> Vec<u8> {
        match self {
            Device::Cpu(cpu) => sequence_state::save(cpu, sequence, len, recurrent_only),
        }
    }

    /// Bytes that [`Device::save`] gives.
    pub fn saved_bytes(&mut self, len: usize) -> usize {
        match self {
            Device::Cpu(cpu) => sequence_state::saved_bytes(cpu, len),
        }
    }

    /// Put back what [`Device::save`] gave for as many tokens. Panics if the bytes are not as many: check before.
    pub fn restore(&mut self, sequence: usize, len: usize, recurrent_only: bool, bytes: &[u8]) {
        match self {
            Device::Cpu(cpu) => {
                sequence_state::restore(cpu, sequence, len, recurrent_only, bytes);
            }
        }
    }

    /// The CPU executor, if that is where the model runs.
    pub fn as_cpu_mut(&mut self) -> Option<&mut CpuExecutor> {
        match self {
            Device::Cpu(cpu) => Some(cpu),
        }
    }
}
