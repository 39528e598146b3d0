"""Whether what people see is what the facts say: live rows compared with what their facts give, while writes go on."""
