"""What people pass as a metric, as the float a store keeps."""

from typing import Any

from kirok.base.errors import InvalidParameter, MissingParameter


def metric_value(value: Any, key: str) -> float:
    """`value` as a float: numbers, numeric text, and arrays or tensors of one element (numpy, torch, tensorflow).

    Like MLflow's client it takes a bool for 0 or 1, and NaN and infinities as they are. InvalidParameter names the
    metric for text that is no number and for arrays of several elements; TypeError for what is no number at all.
    """
    if type(value) is float:
        return value
    if value is None:
        raise MissingParameter("value")
    if hasattr(value, "detach"):  # a torch tensor that takes part in autograd refuses float()
        value = value.detach()
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        try:
            value = value.item()  # an array of one element, whatever its shape; float() deprecates all but 0-d
        except (TypeError, ValueError, RuntimeError) as refusal:
            raise InvalidParameter(
                f"Metric {key!r} is not one number: {refusal}. Log each element by itself, or its mean."
            ) from refusal
    elif hasattr(value, "numpy"):
        return metric_value(value.numpy(), key)
    try:
        return float(value)
    except ValueError as refusal:
        raise InvalidParameter(
            f"Invalid value {value!r} for parameter 'value' supplied: metric {key!r} is not a number. "
            "Please specify value as a valid double (64-bit floating point); text belongs in set_tag or log_param."
        ) from refusal
