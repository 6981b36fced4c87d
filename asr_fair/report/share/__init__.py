"""What may leave the house: results without anything of few people, and the package made from them."""
