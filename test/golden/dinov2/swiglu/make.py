# A tiny random Dinov2Model of the other form: SwiGLU, no bias in q, k and v, no mask token. python make.py OUT
import sys

import torch
from safetensors.torch import save_file
from transformers import Dinov2Config, Dinov2Model

out = sys.argv[1]
torch.set_num_threads(1)
torch.manual_seed(5)
model = Dinov2Model(
    Dinov2Config(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, mlp_ratio=2, image_size=56, patch_size=14,
        use_swiglu_ffn=True, qkv_bias=False, use_mask_token=False, attn_implementation="eager",
    )
).eval()
with torch.no_grad():
    for name, p in model.named_parameters():
        if "norm" in name or "lambda" in name:
            p.add_(torch.randn_like(p) * 0.3)
        elif p.ndim == 1:
            p.copy_(torch.randn_like(p) * 0.3)
        elif "patch_embeddings" in name:
            p.copy_(torch.randn_like(p) * 0.05)
        else:
            p.copy_(torch.randn_like(p) * 0.4)
model.save_pretrained(out)
picture = torch.randint(0, 256, (42, 70, 3), generator=torch.Generator().manual_seed(7), dtype=torch.uint8)
mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
pixels = ((picture.float() / 255 - mean) / std).permute(2, 0, 1)[None]
with torch.no_grad():
    o = model(pixel_values=pixels, output_attentions=True)
save_file(
    {
        "bytes": picture.float(),
        "last_hidden_state": o.last_hidden_state[0].contiguous(),
        "attn0": o.attentions[0][0].contiguous(),
        "attn1": o.attentions[1][0].contiguous(),
    },
    out + "/expected.safetensors",
)
