"""What makes TensorFlow 2 and the libraries around it look like those of 2016 to 2019."""
