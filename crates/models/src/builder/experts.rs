//! Mixtures of experts: a router chooses a few gated MLPs for each token.

use hearth_graph::{RowSet, ValueId};
use hearth_kernels::expert_matmul::ExpertMatMul;
use hearth_kernels::expert_sum::ExpertSum;
use hearth_kernels::glu::Glu;
use hearth_kernels::route::Route;

use super::Builder;
use crate::error::ModelError;

/// A mixture of experts. [`Builder::mixture`] adds it to the graph.
#[derive(Clone, Debug)]
pub struct Experts {
    /// Experts that there are.
    pub n_experts: usize,
    /// Experts that a token uses.
    pub n_used: usize,
    /// Width of an expert's MLP.
    pub n_ff: usize,
    /// What an expert does between its matrices.
    pub glu: Glu,
}

impl Experts {
    /// As the metadata say.
    pub fn read(b: &Builder<'_>, glu: Glu) -> Result<Self, ModelError> {
        let keys = b.keys();
        let n_experts = keys.count("expert_count")?;
        let n_used = keys.count("expert_used_count")?;
        keys.check(
            "expert_used_count",
            n_used,
            n_used <= n_experts,
            "there are not so many experts",
        )?;
        let n_ff = keys.count("expert_feed_forward_length")?;
        Ok(Experts {
            n_experts,
            n_used,
            n_ff,
            glu,
        })
    }
}

impl Builder<'_> {
    /// The chosen experts' outputs for `x`, weighted by the router's softmax over the chosen.
    pub fn mixture(&mut self, x: ValueId, experts: &Experts) -> Result<ValueId, ModelError> {
        self.mixture_routed_by(x, x, experts)
    }

    /// [`Builder::mixture`] whose router sees something else.
    pub fn mixture_routed_by(
        &mut self,
        x: ValueId,
        router_input: ValueId,
        experts: &Experts,
    ) -> Result<ValueId, ModelError> {
        let mut router = vec![self.linear(router_input, "ffn_gate_inp", experts.n_experts)?];
        let scaled = self.has("ffn_down_exps", "scale");
        if scaled {
            router.push(self.vector("ffn_down_exps", "scale", experts.n_experts)?);
        }
        let n_used = experts.n_used;
        let routed = self.graph.apply_all(Route { n_used, scaled }, &router)?;
        let (ids, weights) = (routed[0], routed[1]);
        let [gate, up] = self.expert_gate_up(x, ids, experts)?;
        let gated = self.apply(experts.glu.clone(), &[gate, up])?;
        let down = self.whole(experts, self.hp.n_embd);
        let down = self.expert_linear(gated, ids, "ffn_down_exps", down)?;
        self.apply(ExpertSum, &[down, weights])
    }

    /// Gate and up, from matrices of their own or from the halves of a fused one.
    fn expert_gate_up(
        &mut self,
        x: ValueId,
        ids: ValueId,
        experts: &Experts,
    ) -> Result<[ValueId; 2], ModelError> {
        let n_ff = experts.n_ff;
        if !self.has("ffn_gate_up_exps", "weight") {
            let rows = self.whole(experts, n_ff);
            let gate = self.expert_linear(x, ids, "ffn_gate_exps", rows)?;
            return Ok([gate, self.expert_linear(x, ids, "ffn_up_exps", rows)?]);
        }
        let half = |start| RowSet {
            start,
            len: n_ff,
            stride: 2 * n_ff,
            count: experts.n_experts,
        };
        let gate = self.expert_linear(x, ids, "ffn_gate_up_exps", half(0))?;
        let up = self.expert_linear(x, ids, "ffn_gate_up_exps", half(n_ff))?;
        Ok([gate, up])
    }

    /// All rows of matrices that give `n_out`.
    fn whole(&self, experts: &Experts, n_out: usize) -> RowSet {
        RowSet {
            start: 0,
            len: n_out,
            stride: n_out,
            count: experts.n_experts,
        }
    }

    /// Rows of each chosen expert's matrix `name` times `x`, plus its bias where the file has one:
    /// `[tokens, n_used, rows.len]`.
    fn expert_linear(
        &mut self,
        x: ValueId,
        ids: ValueId,
        name: &str,
        rows: RowSet,
    ) -> Result<ValueId, ModelError> {
        let weight = self.tensor_name(name, "weight");
        let weight = self.expert_rows(&weight, rows, self.width(x))?;
        let mut inputs = vec![x, weight, ids];
        // A fused matrix has no bias in any file; one would be left unused, which is an error.
        let bias = rows.len == rows.stride && self.has(name, "bias");
        if bias {
            let dims = [rows.count, rows.len];
            inputs.push(self.floats(&self.tensor_name(name, "bias"), &dims)?);
        }
        self.apply(ExpertMatMul { bias }, &inputs)
    }
}
