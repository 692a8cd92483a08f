"""Two models for MLServer: one doubles numbers, one answers a text."""

from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Double(MLModel):
    async def load(self) -> bool:
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        values = NumpyCodec.decode_input(payload.inputs[0])
        if values.sum() < 0:
            raise RuntimeError("numbers below 0 are not doubled")
        return InferenceResponse(
            model_name=self.name, outputs=[NumpyCodec.encode_output("doubled", values * 2)]
        )


class Capital(MLModel):
    async def load(self) -> bool:
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        [question] = StringCodec.decode_input(payload.inputs[0])
        said = "Paris" if "France" in question else f"I don't know: {question}"
        return InferenceResponse(
            model_name=self.name, outputs=[StringCodec.encode_output("answer", [said])]
        )
