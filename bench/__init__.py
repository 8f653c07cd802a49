"""What Retake costs and how fast it is, beside what people use today: `make bench`."""
